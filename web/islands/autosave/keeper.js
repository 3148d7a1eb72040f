// SPDX-License-Identifier: EUPL-1.2

// Keeps one form. Its text is in three places: the page, this browser, the server; `record`
// says what the last two have. The newest text wins, and the one it took the place of can be
// taken back.

import { hasFiles, read, recorded, same, write } from './fields.js';
import * as server from './server.js';
import * as shelf from './shelf.js';
import { view } from './view.js';
import { words } from './words.js';

const PAUSE = 1500; // ms after the last keystroke
const RETRY = [2000, 4000, 8000, 15_000, 30_000]; // ms between tries
const TAB = window.crypto.getRandomValues(new Uint32Array(1))[0].toString(36);

const ASIDE = 3600 * 1000; // ms: how long a text thrown away is offered

const time = (iso) => (iso ? Date.parse(iso) : 0);

export class Keeper {
  constructor(form) {
    this.form = form;
    this.key = form.dataset.autosave;
    this.account = form.dataset.autosaveAccount;
    this.base = form.dataset.autosaveBase ?? '';
    this.slot = shelf.slot(this.account, this.key);
    this.view = view(form, hasFiles(form));
    this.dirty = false; // typed, and the server does not have it
    this.held = true; // what was typed is in this browser
    this.typed = false; // in this page
    this.stopped = false;
    this.passing = false; // the next submit goes through
    this.sending = false; // a submit is being tried
    this.pushing = null;
    this.tries = 0;
    this.timer = 0;
    this.record = { values: recorded(form), base: this.base, version: 0, at: 0, tab: TAB, sent: true };
  }

  async start() {
    const local = shelf.get(this.slot);
    this.listen();
    if (local?.thrown) {
      if (!local.done && (await server.drop(this.account, this.key)).kind !== 'ok') return;
    } else if (local && !local.sent) {
      this.take(local); // before the network: it may be slow, or gone
    }
    const there = await server.load(this.key);
    if (there.kind !== 'ok') {
      this.unreachable(there, local);
      return;
    }
    if (there.account !== this.account) return;
    this.meet(local?.thrown ? null : local, there);
    if (local?.thrown && !this.typed && !this.dirty && Date.now() - local.at < ASIDE) this.aside(local);
  }

  // aside offers what was just thrown away, as long as nothing took its place.
  aside(local) {
    shelf.put(this.slot, { ...local, done: true });
    this.record.other = local.other;
    this.view.tell(words.aside, 'info', [[words.takeBack, this.other()[1]]]);
  }

  // meet compares what this browser and the server hold, at the start.
  meet(local, there) {
    // sent as a form, and something happened since: it was accepted
    const unsent = local && !local.sent && !(local.submitted && there.version > local.version);
    if (this.typed) { // the person was quicker: what they type is the newest
      this.record.version = there.version;
      if (there.values && !same(there.values, this.record.values)) this.replaced(there.values, time(there.saved));
      return;
    }
    if (!there.values) {
      this.record.version = there.version;
      if (unsent || (local && there.version < local.version)) {
        this.take({ ...local, version: there.version });
        if (there.accepted && there.version > local.version) this.view.tell(words.accepted(time(there.accepted)), 'warning', [this.fresh()]);
        this.changed();
      } else {
        if (local && !local.sent) this.put(recorded(this.form)); // it was submitted, and accepted
        shelf.remove(this.slot);
      }
      return;
    }
    const saved = { values: there.values, base: there.base ?? '', version: there.version, at: time(there.saved), sent: true };
    if (!unsent || same(there.values, local.values)) {
      this.take({ ...saved, other: local?.other });
      this.view.say(words.saved(saved.at), 'saved');
    } else if (there.version <= local.version || local.at >= saved.at) {
      this.take({ ...local, version: there.version });
      if (there.version > local.version) this.replaced(there.values, saved.at);
      this.changed();
    } else {
      this.take(saved);
      this.record.other = { values: local.values, at: local.at };
      this.keepHere();
      this.view.tell(words.otherWins(saved.at), 'warning', [this.other(), this.fresh()]);
    }
  }

  unreachable(there, local) {
    if (there.kind === 'expired') this.expired(there);
    if (local && !local.thrown && local.sent && !this.typed) this.take(local);
    if (this.dirty) this.failed(there);
  }

  // take puts a record into the form, and says so when that changes what the page showed.
  take(record) {
    const changes = this.differs(record.values);
    this.record = { values: record.values, base: record.base, version: record.version, at: record.at, tab: TAB, sent: record.sent, submitted: record.submitted, other: record.other };
    this.dirty = !record.sent;
    this.put(record.values);
    if (!changes) return;
    const moved = record.base !== this.base;
    const acts = record.other && !same(record.other.values, record.values) ? [this.other(), this.fresh()] : [this.fresh()];
    this.view.tell(words.restored(record.at) + (moved ? ` ${words.moved}` : ''), moved ? 'warning' : 'info', acts);
  }

  differs(values) {
    return !same(values, recorded(this.form));
  }

  put(values) {
    this.quiet = true;
    write(this.form, values);
    this.quiet = false;
  }

  listen() {
    const typed = () => this.quiet || this.onTyped();
    this.form.addEventListener('input', typed);
    this.form.addEventListener('change', typed);
    this.form.addEventListener('submit', (e) => this.onSubmit(e));
    window.addEventListener('pagehide', () => this.onLeaving());
    document.addEventListener('visibilitychange', () => (document.hidden ? this.onLeaving() : this.again()));
    window.addEventListener('online', () => this.again());
    window.addEventListener('focus', () => this.again());
    window.addEventListener('pageshow', (e) => {
      if (e.persisted && this.record.submitted) location.reload();
    });
    window.addEventListener('beforeunload', (e) => {
      if (this.dirty && !this.held && !this.stopped) e.preventDefault();
    });
    window.addEventListener('storage', (e) => {
      if (e.key === this.slot) this.onOtherTab(shelf.parse(e.newValue));
    });
  }

  onTyped() {
    const values = read(this.form);
    if (same(values, this.record.values)) return; // a field that is not kept
    this.typed = true;
    const { version, other } = this.record;
    this.record = { values, base: this.base, version, at: Date.now(), tab: TAB, sent: false, other };
    this.dirty = true;
    this.keepHere();
    this.later(PAUSE);
  }

  // keepHere writes the record in this browser. A text of another tab that is only there is not
  // lost: it becomes the other one.
  keepHere() {
    if (this.stopped) return;
    const there = shelf.get(this.slot);
    if (there && !there.thrown && there.tab !== TAB && !there.sent && !same(there.values, this.record.values)) {
      this.record.other ??= { values: there.values, at: there.at };
    }
    this.held = shelf.put(this.slot, this.record);
  }

  onOtherTab(record) {
    if (!record || record.thrown || record.tab === TAB || same(record.values, read(this.form))) return;
    this.record.other = { values: record.values, at: record.at };
    this.view.tell(words.otherTab(record.at), 'warning', [this.other()]);
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.push(), wait);
  }

  changed() {
    this.dirty = true;
    this.record.sent = false;
    this.keepHere();
    this.later(0);
  }

  again() {
    if (this.dirty) this.later(0);
  }

  draft() {
    return { account: this.account, key: this.key, version: this.record.version, base: this.record.base, values: this.record.values };
  }

  // push saves on the server; one call at a time. It resolves to what came of it.
  async push() {
    clearTimeout(this.timer);
    if (this.stopped) return { kind: 'ok' };
    while (this.pushing) await this.pushing;
    this.pushing = this.pushOnce();
    try {
      return await this.pushing;
    } finally {
      this.pushing = null;
    }
  }

  async pushOnce() {
    let record = this.record;
    let answer = await server.save(this.draft());
    for (let n = 0; answer.kind === 'stale' && n < 3; n++) {
      this.record.version = answer.version;
      if (answer.values && !same(answer.values, this.record.values)) this.replaced(answer.values, time(answer.saved));
      if (answer.accepted && this.typed) this.view.tell(words.accepted(time(answer.accepted)), 'warning', [this.fresh()]);
      record = this.record;
      answer = await server.save(this.draft());
    }
    if (this.stopped) return answer;
    if (answer.kind !== 'ok') {
      this.failed(answer);
      return answer;
    }
    this.tries = 0;
    this.record.version = answer.version;
    if (this.record === record) { // else more was typed meanwhile
      this.dirty = false;
      this.record.sent = true;
      this.record.at = time(answer.saved);
    }
    this.keepHere();
    this.view.say(words.saved(time(answer.saved)), 'saved');
    if (!this.sending) this.view.calm();
    if (this.dirty) this.later(PAUSE);
    return answer;
  }

  // failed says that the server does not have what was typed. Without network this browser has
  // it, and it goes when the network comes back; anything else is shouted.
  failed(answer) {
    const { at } = this.record;
    const again = answer.kind === 'network' || answer.again;
    if (again) this.later(RETRY[Math.min(this.tries++, RETRY.length - 1)]);
    this.view.say(this.held ? words.local(at, again) : words.alarm, 'late');
    if (answer.kind === 'expired') {
      this.expired(answer);
    } else if (answer.kind === 'network' && this.held) {
      if (!this.sending) this.view.calm();
    } else {
      const why = answer.text ?? words.noNetwork;
      this.view.alarm(words.alarm, `${why} ${this.held ? words.keptHere(at) : words.keptNowhere}`, [[words.retry, () => this.push()]]);
    }
  }

  expired({ text, label, href }) {
    const back = encodeURIComponent(location.pathname + location.search);
    this.view.alarm(words.alarm, `${text || words.expired} ${this.held ? words.keptHere(this.record.at) : words.keptNowhere}`, [[words.retry, () => this.push()]],
      { label: label || words.signIn, href: href || `/connexion?retour=${back}` });
  }

  onLeaving() {
    if (!this.dirty || this.stopped) return;
    clearTimeout(this.timer);
    server.saveOnLeaving(this.draft());
    this.later(PAUSE); // the page may stay: hear the answer then
  }

  // onSubmit tries the network and the session before the browser leaves the page for an error.
  async onSubmit(event) {
    if (this.passing || event.defaultPrevented) {
      this.passing = false;
      return;
    }
    event.preventDefault();
    if (this.sending) return;
    this.sending = true;
    this.record = { ...this.record, values: read(this.form), at: Date.now(), tab: TAB, sent: false };
    this.dirty = true;
    this.keepHere();
    const answer = await this.push();
    this.sending = false;
    if (answer.kind === 'network') {
      const pass = () => this.pass(event.submitter);
      this.view.alarm(words.notSent, words.noNetwork + (this.held ? '' : ` ${words.keptNowhere}`),
        [[words.retry, () => this.form.requestSubmit(event.submitter)], [words.sendAnyway, pass]]);
    } else if (answer.kind === 'expired') {
      this.expired(answer);
    } else {
      this.pass(event.submitter); // a draft that is refused does not hold the form back
    }
  }

  pass(submitter) {
    this.record.submitted = true;
    this.keepHere();
    clearTimeout(this.timer);
    this.dirty = false; // nothing is saved behind the form that leaves
    this.passing = true;
    this.form.requestSubmit(submitter);
    this.passing = false;
  }

  // replaced keeps a text that this page's took the place of.
  replaced(values, at) {
    this.record.other = { values, at };
    this.keepHere();
    this.view.tell(words.mineWins(at), 'warning', [this.other(), this.fresh()]);
  }

  other() {
    return [words.takeOther, () => {
      const { other } = this.record;
      const mine = { values: read(this.form), at: this.record.at || Date.now() };
      this.record = { ...this.record, values: other.values, at: Date.now(), tab: TAB, other: mine };
      this.put(other.values);
      this.typed = true;
      this.view.tell(words.mineWins(mine.at), 'info', [this.other(), this.fresh()]);
      this.changed();
    }];
  }

  fresh() {
    return [words.fresh, async () => {
      this.stop();
      const thrown = { thrown: true, at: Date.now(), tab: TAB, sent: true, other: { values: read(this.form), at: this.record.at } };
      if ((await server.drop(this.account, this.key)).kind === 'ok') {
        shelf.put(this.slot, { ...thrown, done: true });
        location.assign(location.pathname + location.search); // asks anew, also after a form sent back
        return;
      }
      this.form.reset();
      this.record = { ...this.record, values: recorded(this.form), sent: true };
      this.dirty = false;
      this.stopped = false;
      this.aside({ ...thrown, sent: false });
      shelf.put(this.slot, { ...thrown, sent: false }); // the server is told at the next visit
    }];
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
