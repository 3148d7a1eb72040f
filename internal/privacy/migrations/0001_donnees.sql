-- +goose Up

-- What the administrator says of the service and of how long things are kept.
create table privacy_setting (
    name   text primary key,
    value  text not null,
    set_at text not null
);

-- Persons who were erased, by their ID, to erase them again if a backup brings them back. The
-- file beside the database says the same, and no backup replaces it.
create table privacy_erasure (
    id     text not null,
    person text not null,
    at     text not null,
    primary key (id, person)
);
