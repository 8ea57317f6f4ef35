-- Create functions without checking their bodies until the transaction ends.
-- Returns: nothing
set local check_function_bodies = off;
