-- +goose Up

-- The value that an import wrote in an empty attribute: undoing blanks it while it is still
-- there. Of earlier imports it is known for the records that nobody changed since; the others
-- keep what they bear.
alter table people_import_row add column filled text not null default '';
update people_import_row set filled = coalesce((
    select case people_import_row.kind when 'courriel' then p.mail else p.phone end
    from people_person p
    where p.id = people_import_row.row_id and p.version = people_import_row.version and p.deleted_at = ''), '')
where kind in ('courriel', 'telephone') and undone = 0;
