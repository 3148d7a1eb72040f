-- +goose Up

-- Nothing was ever written here: a file that waits for a decision is in a folder.
drop table observatory_upload;
