-- +goose Up

-- A content in the store, once whatever the number of files that hold it.
create table files_content (
    key        text primary key,   -- its name in the store: its SHA-256, then a mark of its own
    sha256     text not null,      -- 64 hexadecimal digits
    size       bigint not null,    -- bytes
    state      text not null,      -- live, or leaving: no file may take it any more
    stored     boolean not null,   -- durable in the store
    touched_at text not null       -- latest time somebody asked for it
);
create unique index files_content_live on files_content (sha256) where state = 'live';
create index files_content_leaving on files_content (key) where state = 'leaving';

-- A file as people see it.
create table files_file (
    id              text primary key,
    key             text not null references files_content (key),
    name            text not null,            -- as given, cleaned
    media_type      text not null,            -- as recognised in the content
    subject         text not null,            -- what it belongs to: room/id
    access          text not null,            -- the right that reading asks for, and on what:
    scope_territory text not null,
    scope_body      text not null,
    scope_person    text not null,
    by_person       text not null,            -- who put it, '' once erased or for the service itself
    by_title        text not null,            -- « au titre de »
    put_at          text not null,
    scan            text not null,            -- none: no antivirus is set; clean
    deleted_at      text not null default ''  -- '' while it is there
);
create index files_file_key on files_file (key);
create index files_file_subject on files_file (subject, id);
create index files_file_person on files_file (scope_person, id) where scope_person <> '';
create index files_file_by on files_file (by_person, id) where by_person <> '';
create index files_file_deleted on files_file (deleted_at) where deleted_at <> '';
