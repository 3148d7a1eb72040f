// SPDX-License-Identifier: EUPL-1.2

// What a form holds, as lists of values by name; and back into the form. Passwords, one-time
// codes and files are never read. A hidden field is the page's, not the person's: it is left
// alone unless it has data-autosave-keep.

const NEVER = ['password', 'file', 'submit', 'button', 'reset', 'image'];
const SECRET = /password|one-time-code|^cc-| cc-/;

/** The controls of a form whose input is kept. */
export function controls(form) {
  return [...form.elements].filter((e) => e.name && !e.disabled && !NEVER.includes(e.type) && e.tagName !== 'FIELDSET' && e.tagName !== 'OUTPUT'
    && !SECRET.test(e.autocomplete ?? '') && (e.type !== 'hidden' || 'autosaveKeep' in e.dataset) && !e.closest('[data-autosave-skip]'));
}

export function hasFiles(form) {
  return [...form.elements].some((e) => e.type === 'file');
}

const isBox = (e) => e.type === 'checkbox' || e.type === 'radio';

function gather(form, value, checked, selected) {
  const values = {};
  for (const e of controls(form)) {
    const list = (values[e.name] ??= []);
    if (isBox(e)) {
      if (checked(e)) list.push(e.value);
    } else if (e.tagName === 'SELECT') {
      list.push(...selected(e));
    } else {
      list.push(value(e));
    }
  }
  return values;
}

/** What the form holds now. */
export function read(form) {
  return gather(form, (e) => e.value, (e) => e.checked, (e) => [...e.selectedOptions].map((o) => o.value));
}

/** What the server put in the form: the version that is recorded. */
export function recorded(form) {
  return gather(form, (e) => (e.type === 'hidden' ? e.value : e.defaultValue), (e) => e.defaultChecked, (e) => {
    const chosen = [...e.options].filter((o) => o.defaultSelected);
    if (chosen.length === 0 && !e.multiple && e.options.length > 0) return [e.options[0].value];
    return (e.multiple ? chosen : chosen.slice(-1)).map((o) => o.value);
  });
}

/** Puts values into the form; a field that the values do not name stays as it is. */
export function write(form, values) {
  const rank = {};
  for (const e of controls(form)) {
    const list = values[e.name];
    if (!list) continue;
    const before = isBox(e) ? e.checked : e.value;
    if (isBox(e)) {
      e.checked = list.includes(e.value);
    } else if (e.tagName === 'SELECT') {
      if (e.multiple || list.some((v) => [...e.options].some((o) => o.value === v))) {
        for (const o of e.options) o.selected = list.includes(o.value);
      }
    } else {
      const i = (rank[e.name] ??= 0);
      rank[e.name] = i + 1;
      if (i < list.length) e.value = list[i];
    }
    if ((isBox(e) ? e.checked : e.value) !== before) e.dispatchEvent(new window.Event('change', { bubbles: true }));
  }
}

/** Whether two sets of values say the same, for the fields that both have. */
export function same(a, b) {
  return Object.keys(a).every((name) => !(name in b) || (a[name].length === b[name].length && a[name].every((v, i) => v === b[name][i])));
}
