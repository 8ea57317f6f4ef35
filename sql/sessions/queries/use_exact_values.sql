-- Have the session send and read values in one form, whatever the server, the role or the client's environment prefers.
-- Returns: the settings' values
select
    set_config('timezone', 'UTC', false) as timezone,
    set_config('datestyle', 'ISO', false) as datestyle,
    set_config('intervalstyle', 'postgres', false) as intervalstyle,
    set_config('bytea_output', 'hex', false) as bytea_output,
    set_config('extra_float_digits', '1', false) as extra_float_digits,
    set_config('standard_conforming_strings', 'on', false) as standard_conforming_strings;
