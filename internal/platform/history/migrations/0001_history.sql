-- +goose Up

-- What a gesture changed on one subject. A gesture that touches several subjects is several
-- rows of one group.
create table history_entry (
    id         text primary key,
    group_id   text not null,
    rank       integer not null,           -- in its gesture
    at         text not null,
    subject    text not null,              -- "people/person/018f…"
    kind       text not null,              -- its beginning: "people/person"
    label      text not null,              -- what people call the subject; empty once forgotten
    verb       text not null,              -- create, update, delete, or a word of the room's
    person     text not null default '',   -- who did it; empty: the service itself
    name       text not null default '',   -- empty once forgotten
    hat        text not null default '',
    title      text not null default '',
    territory  text not null default '',   -- the scope: who may see and undo it
    body       text not null default '',
    owner      text not null default '',
    turn       integer not null default 0, -- 0 done, 1 undone, 2 done again…
    undoes     text not null default '',   -- the entry that this one undoes
    undone_by  text not null default '',   -- the entry that undid this one and still holds
    blanked_at text not null default ''    -- when values were purged for their age
);
create index history_entry_at on history_entry (at, id);
create index history_entry_subject on history_entry (subject, at, id);
create index history_entry_kind on history_entry (kind, at, id);
create index history_entry_person on history_entry (person, at, id);
create index history_entry_owner on history_entry (owner);
create index history_entry_group on history_entry (group_id);

-- A field before and after. A personal value is about the person named, maybe not the subject.
create table history_field (
    entry        text not null references history_entry (id) on delete cascade,
    rank         integer not null,
    name         text not null,
    label        text not null,
    value_before text not null,
    value_after  text not null,
    personal     text not null default '',
    forgotten    boolean not null default false, -- the values were erased
    primary key (entry, rank)
);
create index history_field_personal on history_field (personal);
