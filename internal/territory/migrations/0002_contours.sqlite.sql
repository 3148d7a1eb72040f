-- +goose Up

create table territory_contour (
    contour_set text not null references territory_contour_set (id),
    level       integer not null, -- 0 is the finest
    territory   text not null,
    shape       blob not null,    -- geo.Marshal
    primary key (contour_set, level, territory)
);
