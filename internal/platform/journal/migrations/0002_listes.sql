-- +goose Up

-- The list of acts is filtered by kind and by date.
create index journal_leaf_kind on journal_leaf (kind, idx);
create index journal_leaf_at on journal_leaf (at);
