-- +goose Up

-- What the catalogue shipped with the product does not define: indicators made by an import or by a person.
-- num stands for the code in observatory_value, for shipped and local indicators alike.
create table observatory_indicator (
    num        integer primary key,
    code       text not null unique,
    body       text not null default '', -- JSON of the indicator; empty for one of the shipped catalogue
    created_at text not null default ''
);

-- One row per import. The youngest batch that is not withdrawn gives the value of a key.
create table observatory_batch (
    num          integer primary key,
    id           text not null unique,
    source       text not null,
    title        text not null,
    file         text not null,
    hash         text not null,
    geography    text not null,          -- ISO date: the codes of the file are those of that day
    plan         text not null,          -- JSON: how the file was read
    report       text not null,          -- JSON: what was read, set aside and noticed
    value_count  integer not null,
    created_at   text not null,
    withdrawn_at text not null default ''
);

-- What each batch brought: answers "which years are there?" without walking the values.
create table observatory_coverage (
    batch       integer not null references observatory_batch (num),
    indicator   integer not null references observatory_indicator (num),
    period      text not null,
    value_count integer not null,
    primary key (batch, indicator, period)
);

-- How a file with these headers was read last time.
create table observatory_mapping (
    signature  text primary key,
    plan       text not null,
    updated_at text not null
);

-- Files dropped and not yet accepted.
create table observatory_upload (
    id         text primary key,
    name       text not null,
    path       text not null,
    size       bigint not null,
    hash       text not null,
    plan       text not null default '',
    created_at text not null
);
