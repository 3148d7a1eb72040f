-- +goose Up

-- The version that the import left the row at: undoing leaves alone what was changed since.
alter table people_import_row add column version integer not null default 1;
