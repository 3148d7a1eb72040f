// SPDX-License-Identifier: EUPL-1.2

// What a form shows of its draft: a status line beside its buttons, a notice above it, and a
// red bar that stays at the top of the window as long as a save fails.

import { words } from './words.js';

function element(tag, className, ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

function button(label, act, kind = 'button secondary') {
  const b = element('button', kind, label);
  b.type = 'button';
  b.addEventListener('click', act);
  return b;
}

const MARK = '⚠ ';

export function view(form, files) {
  const status = element('p', '', words.ready);
  const box = element('div', 'autosave-state', element('div', '', status));
  box.firstChild.role = 'status';
  if (files) box.append(element('p', '', words.files));
  const buttons = form.querySelector('.buttons');
  if (buttons) buttons.before(box);
  else form.append(box);

  const news = element('div', 'autosave-news');
  news.role = 'status';
  form.before(news);

  const alarm = element('div', 'autosave-alarm');
  alarm.role = 'alert';
  (document.querySelector('main') ?? document.body).prepend(alarm);
  let shown = '';

  return {
    say(text, kind = '') {
      if (status.textContent !== text) status.textContent = text;
      box.dataset.state = kind;
    },

    /** Says above the form what happened to its text; actions: [label, function]. */
    tell(text, kind, actions) {
      const choices = element('div', 'autosave-acts', ...actions.map(([label, act]) => button(label, act)));
      news.replaceChildren(element('div', `notice ${kind}`, element('div', '', element('p', '', text), choices)));
    },

    /** The red bar; link: { label, href } goes elsewhere. The same words twice are said once. */
    alarm(title, text, actions, link) {
      if (shown === title + text) return;
      shown = title + text;
      const acts = element('div', 'autosave-acts', ...actions.map(([label, act]) => button(label, act)));
      if (link) {
        const a = element('a', 'button', link.label);
        a.href = link.href;
        acts.prepend(a);
      }
      alarm.replaceChildren(element('p', 'autosave-alarm-title', title), element('p', '', text), acts);
      if (!document.title.startsWith(MARK)) document.title = MARK + document.title;
    },
    calm() {
      if (shown === '') return;
      shown = '';
      alarm.replaceChildren();
      if (document.title.startsWith(MARK)) document.title = document.title.slice(MARK.length);
    },
  };
}
