-- +goose Up

-- One row: the size of the tree. Who appends changes it, so two of them cannot take the same place.
create table journal_head (
    id   integer primary key check (id = 1),
    size bigint  not null
);
insert into journal_head (id, size) values (1, 0);

-- The acts. The other columns repeat what the leaf says, to find it; an audit compares them.
create table journal_leaf (
    idx     bigint primary key,     -- its place, from 0, without a hole
    id      text   not null unique,
    kind    text   not null,
    at      text   not null,
    holder  text   not null,
    subject text   not null,
    leaf    text   not null          -- canonical JSON; its bytes are what the tree holds
);
create index journal_leaf_holder on journal_leaf (holder, idx);
create index journal_leaf_subject on journal_leaf (subject, idx);

-- The hashes of the tree, in the order of golang.org/x/mod/sumdb/tlog.
create table journal_hash (
    pos  bigint primary key,
    hash text   not null             -- 64 hexadecimal digits
);

-- What was signed.
create table journal_checkpoint (
    seq  bigint primary key,         -- from 0, without a hole; it is in the signed text
    size bigint not null,
    root text   not null,            -- 64 hexadecimal digits
    at   text   not null,
    key  text   not null,            -- name+hash of the key
    note text   not null             -- the signed note
);
create index journal_checkpoint_size on journal_checkpoint (size);

-- What opens the commitments: the only personal data of this room, and it can be erased.
create table journal_opening (
    commitment text   primary key,   -- 64 hexadecimal digits
    idx        bigint not null,      -- the leaf that holds it
    person     text   not null,
    salt       text   not null,
    value      text   not null,
    erased_at  text   not null default ''  -- then person, salt and value are empty
);
create index journal_opening_person on journal_opening (person);
create index journal_opening_leaf on journal_opening (idx);
