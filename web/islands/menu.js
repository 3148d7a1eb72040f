// SPDX-License-Identifier: EUPL-1.2

// The menus of the header are <details>: they open and close without script. With it, Escape
// closes them and gives the focus back, and so does a click elsewhere or leaving by Tab.

for (const menu of document.querySelectorAll('header.site details')) {
  const close = () => { menu.open = false; };
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    close();
    menu.querySelector('summary').focus();
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close();
  });
  document.addEventListener('pointerdown', (event) => {
    if (menu.open && !menu.contains(event.target)) close();
  });
}
