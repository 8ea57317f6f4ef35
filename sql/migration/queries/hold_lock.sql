-- Be the only session that migrates the component whose schema stands first in search_path, until the transaction ends.
-- Writers of the ledger do not wait for this lock, only who takes the same one does.
-- Returns: nothing
lock table migration in share update exclusive mode;
