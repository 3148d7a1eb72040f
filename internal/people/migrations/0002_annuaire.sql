-- +goose Up

-- root is the row a duplicate finally stands for, through merges of merges, itself when it stands
-- alone: derived from merged_into, so that what points at a duplicate is followed by one join.
-- folded is the name as it is searched (french.Fold).
alter table people_organisation add column root text not null default '';
alter table people_organisation add column folded text not null default '';
alter table people_person add column root text not null default '';
alter table people_person add column folded text not null default '';
update people_organisation set root = case when merged_into = '' then id else merged_into end, folded = lower(name);
update people_person set root = case when merged_into = '' then id else merged_into end, folded = lower(family_name || ' ' || given_name), rhythm = '';
create index people_organisation_root on people_organisation (root);
create index people_person_root on people_person (root);

alter table people_affiliation add column deleted_at text not null default '';
alter table people_hat add column deleted_at text not null default '';
alter table people_hat add column version integer not null default 1;

-- A merge points a duplicate at the one that is kept; undoing it gives the kept one its values back.
create table people_merge (
    id         text primary key,
    kind       text not null, -- 'organisation' or 'personne'
    kept       text not null,
    duplicate  text not null,
    before     text not null, -- values of the kept one that the merge changed, as JSON
    after      text not null, -- what they became
    at         text not null,
    by_name    text not null, -- who merged, and under which function
    by_person  text not null,
    undone_at  text not null
);
create index people_merge_kept on people_merge (kept);
create index people_merge_duplicate on people_merge (duplicate);

-- A pasted list, and what it created.
create table people_import (
    id        text primary key,
    at        text not null,
    by_person text not null,
    by_name   text not null,
    undone_at text not null
);
create table people_import_row (
    import text not null references people_import (id),
    rank   integer not null,
    kind   text not null, -- 'personne', 'organisation', 'affiliation' or 'complement'
    row_id text not null,
    kept   text not null, -- why undoing left it, '' when it did not or was not asked
    undone integer not null,
    primary key (import, rank)
);
create index people_import_row_id on people_import_row (row_id);

-- What somebody holds, proposed to a successor.
create table people_handover (
    id          text primary key,
    person      text not null references people_person (id),
    successor   text not null references people_person (id),
    on_day      text not null, -- first day of the successor
    note        text not null,
    state       text not null, -- proposee, acceptee, declinee, annulee
    by_person   text not null,
    by_name     text not null,
    at          text not null,
    answered_at text not null,
    answer      text not null
);
create index people_handover_person on people_handover (person);
create index people_handover_successor on people_handover (successor);
create table people_handover_item (
    handover text not null references people_handover (id),
    rank     integer not null,
    holder   text not null, -- which room holds it
    item     text not null, -- its identifier there
    label    text not null,
    href     text not null,
    primary key (handover, rank)
);
create index people_handover_item_item on people_handover_item (item);

-- Two records that look alike and were said not to be duplicates.
create table people_distinct (
    kind     text not null,
    smaller  text not null, -- the two identifiers in their order
    larger   text not null,
    at       text not null,
    primary key (kind, smaller, larger)
);
