-- +goose Up

-- A key of this service, made at its first start.
create table correspondence_secret (
    id     text primary key,
    secret text not null                     -- hexadecimal
);

-- What somebody said they would do by a day, registered by the room it belongs to.
create table correspondence_promise (
    id         text primary key,
    key        text not null unique,         -- of the room: "plan/5.1.2/point"
    subject    text not null,                -- what is promised, after "Rappel :"
    path       text not null,                -- its page on this site
    holder     text not null,                -- person
    overseer   text not null,                -- person who hears of what is late, '' for nobody
    made       text not null,
    due        text not null,
    ladder     text not null,                -- JSON, mail.Ladder
    forced     boolean not null,             -- reminders leave in quiet times too
    kept       text not null,                -- day, '' while it is not
    dropped_at text not null,                -- '' while it is expected
    created_at text not null
);
create index correspondence_promise_holder on correspondence_promise (holder);
create index correspondence_promise_open on correspondence_promise (due) where kept = '' and dropped_at = '';

-- A time without reminders of a promise.
create table correspondence_pause (
    id         text primary key,
    promise    text not null references correspondence_promise (id),
    first_day  text not null,
    last_day   text not null,
    reason     text not null,
    person     text not null,                -- who asked for it
    title      text not null,                -- and at what title
    created_at text not null,
    lifted_at  text not null                 -- '' while it holds
);
create index correspondence_pause_promise on correspondence_pause (promise);

-- A reminder that went to the outbox: it goes there once.
create table correspondence_reminder (
    key       text primary key,              -- promise, due day and rung
    promise   text not null references correspondence_promise (id),
    id        text not null,                 -- in the keys of its mails: one that was taken back gets another
    mails     integer not null,              -- how many: their keys in the outbox are numbered
    queued_at text not null
);
create index correspondence_reminder_promise on correspondence_reminder (promise);

-- Addresses that asked not to be written to, as fingerprints: an address that was erased is
-- still respected, and cannot be read here.
create table correspondence_optout (
    fingerprint text not null,
    topic       text not null,               -- resume, lettre
    created_at  text not null,
    primary key (fingerprint, topic)
);
