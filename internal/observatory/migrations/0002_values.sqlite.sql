-- +goose Up

-- Clustered by territory: a town's sheet is one short scan.
create table observatory_value (
    territory text not null,
    indicator integer not null,
    period    text not null,
    batch     integer not null,
    state     integer not null,
    number    double precision,
    note      text not null default '', -- why there is no number, or how it was estimated
    primary key (territory, indicator, period, batch)
) without rowid;

-- Covering: a map of one indicator is one scan too.
create index observatory_value_map on observatory_value (indicator, period, territory, batch, state, number, note);
