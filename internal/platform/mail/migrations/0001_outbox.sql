-- +goose Up

-- A message to one person, from the deed that it tells until it is forgotten.
create table mail_outbox (
    id           text primary key,           -- also the left half of its Message-ID
    key          text not null unique,       -- the same key queues once; its own id when none was given
    group_id     text not null,              -- shared by what one gesture sends, '' for none
    kind         text not null,
    priority     integer not null,           -- 0 leaves first
    urgent       boolean not null,           -- leaves in quiet times too
    recipient    text not null,              -- address
    name         text not null,              -- of the recipient
    subject      text not null,
    message      text not null,              -- JSON, mail.Message; '' once wiped
    state        text not null,              -- queued, sending, sent, failed, given-up, cancelled
    created_at   text not null,
    due_at       text not null,              -- not before: wish, undo, quiet times, next attempt
    cancel_until text not null,              -- '' when it cannot be undone
    expires_at   text not null,              -- useless from then on
    dated_at     text not null default '',   -- its Date header, from the first attempt on
    attempts     integer not null default 0,
    uncertain    integer not null default 0, -- attempts whose end nobody knows
    lease_owner  text not null default '',
    lease_until  text not null default '',
    claimed_at   text not null default '',   -- latest claim, for the rate
    finished_at  text not null default '',
    reason       text not null default ''    -- why the latest attempt failed, in French
);
create index mail_outbox_due on mail_outbox (priority, due_at) where state in ('queued', 'sending');
create index mail_outbox_group on mail_outbox (group_id) where group_id <> '';
create index mail_outbox_claimed on mail_outbox (claimed_at);
create index mail_outbox_recipient on mail_outbox (recipient);
create index mail_outbox_finished on mail_outbox (finished_at) where finished_at <> '';

-- A line that waits for the next digest of a person.
create table mail_digest_item (
    id         text primary key,
    recipient  text not null,                -- address
    key        text not null,                -- what it is about: a newer line on it replaces it
    item       text not null,                -- JSON, mail.DigestItem
    created_at text not null,
    due_at     text not null,                -- of the digest
    unique (recipient, key)
);
create index mail_digest_item_due on mail_digest_item (due_at);
