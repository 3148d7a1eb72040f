-- +goose Up

-- Two rows that never go one without the other.
create table epreuve_paire (
    id     text    not null,
    moitie integer not null,
    primary key (id, moitie)
);

-- The rows of an import: all of them, or none.
create table epreuve_lot (
    lot  text    not null,
    rang integer not null,
    primary key (lot, rang)
);
