-- +goose Up

create table observatory_value (
    territory text collate "C" not null,
    indicator integer not null,
    period    text collate "C" not null,
    batch     integer not null,
    state     smallint not null,
    number    double precision,
    note      text not null default '', -- why there is no number, or how it was estimated
    primary key (territory, indicator, period, batch)
);

create index observatory_value_map on observatory_value (indicator, period) include (territory, batch, state, number, note);
