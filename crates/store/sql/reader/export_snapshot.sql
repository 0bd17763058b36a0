-- reader.export_snapshot: for a second connection that is to see the same
select pg_export_snapshot() as "id!"
