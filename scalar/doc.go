// Package scalar gives PostgreSQL 15's meaning to scalar functions, as kernels over Arrow arrays.
//
// The kernels are registered in the embedded SQL engine under the names below wherever its own functions
// answer otherwise than one PostgreSQL with C collation in UTC would. Decimal is PostgreSQL's numeric for Go
// code: package aggregate divides sums and computes variances with it.
//
// A "wide" is a numeric as decimal256(76,38). It has lost its display scale, on which the scale of quotients,
// roots, exponentials and logarithms depends; their overloads with extra int4 arguments take the declared scale
// of each numeric argument's type, 0 if unknown. A result of more than 38 integer digits or more than 38
// fraction digits, NaN and infinities are error 22003, never rounded. To sum wides, sum pg_wide_limb(v, 0) …
// pg_wide_limb(v, 7) apart and join the texts of the sums by pg_wide_from_limbs.
//
// Text functions know ASCII's letters only and count characters. pg_ascii … pg_translate, and the casts
// pg_text_T from text to T and pg_T_text from T to text, follow the functions of PostgreSQL they are named after.
// Casts to dates and times take ISO 8601, YYYYMMDD and dates with the month's name and a full year, with numeric
// zones, UTC or IANA regions; other forms, some of which PostgreSQL reads by its DateStyle or clock, are error 22007.
// pg_interval_key orders intervals. Timestamps end in the year 294247 and the time of intervals at 292 years,
// as Arrow's do; beyond is error 22008 or, in text, 22015.
//
// Regular expressions are PostgreSQL's advanced ones, as read under the C collation, without back references and lookaround, which are
// error 0A000; templates of pg_to_char, pg_to_number, pg_to_date and pg_to_timestamp are those of PostgreSQL with the names and signs of the C locale.
// Arrays are text in the form of PostgreSQL's output function; the last argument of a function that looks at elements names their type.
//
// Every function but pg_format, pg_overlaps pg_json_key (a NULL name is an error) and those of arrays that take a NULL for an element is strict, and every one gives the same result for the same arguments. Errors are of type Error. Callers
// must cast exactly: an engine that turns a decimal into a float to find an overload loses digits.
//
// The functions, each with its argument types and its result:
//
//	pg_wide(text) wide
//	pg_wide(int8) wide
//	pg_wide(float8) wide
//	pg_wide(float4) wide
//	pg_wide_text(wide) text
//	pg_wide_text(wide, int4) text
//	pg_wide_to_float8(wide) float8
//	pg_wide_to_float4(wide) float4
//	pg_wide_to_int8(wide) int8
//	pg_wide_to_int4(wide) int4
//	pg_wide_to_int2(wide) int2
//	pg_wide_limb(wide, int4) int8
//	pg_wide_from_limbs(text, text, text, text, text, text, text, text) wide
//	pg_numeric_add(wide, wide) wide
//	pg_numeric_sub(wide, wide) wide
//	pg_numeric_mul(wide, wide) wide
//	pg_numeric_div(wide, wide) wide
//	pg_numeric_div(wide, wide, int4, int4) wide
//	pg_numeric_div_scale(wide, wide, int4, int4) int4
//	pg_numeric_mod(wide, wide) wide
//	pg_numeric_idiv(wide, wide) wide
//	pg_numeric_neg(wide) wide
//	pg_numeric_abs(wide) wide
//	pg_numeric_sign(wide) wide
//	pg_numeric_ceil(wide) wide
//	pg_numeric_floor(wide) wide
//	pg_numeric_round(wide, int4) wide
//	pg_numeric_trunc(wide, int4) wide
//	pg_numeric_typmod(wide, int4, int4) wide
//	pg_numeric_sqrt(wide) wide
//	pg_numeric_sqrt(wide, int4) wide
//	pg_numeric_exp(wide) wide
//	pg_numeric_exp(wide, int4) wide
//	pg_numeric_ln(wide) wide
//	pg_numeric_ln(wide, int4) wide
//	pg_numeric_log(wide) wide
//	pg_numeric_log(wide, int4) wide
//	pg_numeric_log(wide, wide) wide
//	pg_numeric_log(wide, wide, int4, int4) wide
//	pg_numeric_power(wide, wide) wide
//	pg_numeric_power(wide, wide, int4, int4) wide
//	pg_round_float8(float8) float8
//	pg_float8_to_int8(float8) int8
//	pg_float8_to_int4(float8) int4
//	pg_float8_to_int2(float8) int2
//	pg_float8_to_float4(float8) float4
//	pg_float8_text(float8) text
//	pg_float4_text(float4) text
//	pg_text_float8(text) float8
//	pg_text_float4(text) float4
//	pg_float8_add(float8, float8) float8
//	pg_float8_sub(float8, float8) float8
//	pg_float8_mul(float8, float8) float8
//	pg_float8_div(float8, float8) float8
//	pg_float4_add(float4, float4) float4
//	pg_float4_sub(float4, float4) float4
//	pg_float4_mul(float4, float4) float4
//	pg_float4_div(float4, float4) float4
//	pg_power_float8(float8, float8) float8
//	pg_exp(float8) float8
//	pg_ln(float8) float8
//	pg_log10(float8) float8
//	pg_sqrt(float8) float8
//	pg_cbrt(float8) float8
//	pg_sin(float8) float8
//	pg_cos(float8) float8
//	pg_tan(float8) float8
//	pg_cot(float8) float8
//	pg_asin(float8) float8
//	pg_acos(float8) float8
//	pg_atan(float8) float8
//	pg_atan2(float8, float8) float8
//	pg_sinh(float8) float8
//	pg_cosh(float8) float8
//	pg_tanh(float8) float8
//	pg_degrees(float8) float8
//	pg_radians(float8) float8
//	pg_int_div(int2, int2) int2
//	pg_int_mod(int2, int2) int2
//	pg_int_abs(int2) int2
//	pg_int_div(int4, int4) int4
//	pg_int_mod(int4, int4) int4
//	pg_int_abs(int4) int4
//	pg_int_div(int8, int8) int8
//	pg_int_mod(int8, int8) int8
//	pg_int_abs(int8) int8
//	pg_text_bool(text) bool
//	pg_text_int2(text) int2
//	pg_text_int4(text) int4
//	pg_text_int8(text) int8
//	pg_text_bytea(text) bytea
//	pg_text_uuid(text) text
//	pg_bool_text(bool) text
//	pg_int2_text(int2) text
//	pg_int4_text(int4) text
//	pg_int8_text(int8) text
//	pg_bytea_text(bytea) text
//	pg_upper(text) text
//	pg_lower(text) text
//	pg_initcap(text) text
//	pg_reverse(text) text
//	pg_md5(text) text
//	pg_md5(bytea) text
//	pg_length(text) int4
//	pg_octet_length(text) int4
//	pg_ascii(text) int4
//	pg_chr(int4) text
//	pg_to_hex(int4) text
//	pg_to_hex(int8) text
//	pg_strpos(text, text) int4
//	pg_starts_with(text, text) bool
//	pg_replace(text, text, text) text
//	pg_translate(text, text, text) text
//	pg_split_part(text, text, int4) text
//	pg_substr(text, int4) text
//	pg_substr(text, int4, int4) text
//	pg_left(text, int4) text
//	pg_right(text, int4) text
//	pg_repeat(text, int4) text
//	pg_lpad(text, int4, text) text
//	pg_lpad(text, int4) text
//	pg_rpad(text, int4, text) text
//	pg_rpad(text, int4) text
//	pg_btrim(text, text) text
//	pg_btrim(text) text
//	pg_ltrim(text, text) text
//	pg_ltrim(text) text
//	pg_rtrim(text, text) text
//	pg_rtrim(text) text
//	pg_like(text, text, text) bool
//	pg_like(text, text) bool
//	pg_ilike(text, text, text) bool
//	pg_ilike(text, text) bool
//	pg_date_text(date) text
//	pg_time_text(time) text
//	pg_timestamp_text(timestamp) text
//	pg_timestamptz_text(timestamptz) text
//	pg_interval_text(interval) text
//	pg_text_date(text) date
//	pg_text_time(text) time
//	pg_text_timestamp(text) timestamp
//	pg_text_timestamptz(text) timestamptz
//	pg_text_interval(text) interval
//	pg_timestamp_add(timestamp, interval) timestamp
//	pg_timestamp_add(timestamptz, interval) timestamptz
//	pg_timestamp_add(date, interval) timestamp
//	pg_timestamp_sub(timestamp, timestamp) interval
//	pg_timestamp_sub(timestamptz, timestamptz) interval
//	pg_age(timestamp, timestamp) interval
//	pg_age(timestamptz, timestamptz) interval
//	pg_date_add(date, int4) date
//	pg_date_sub(date, date) int4
//	pg_make_date(int4, int4, int4) date
//	pg_date_to_timestamp(date) timestamp
//	pg_date_to_timestamptz(date) timestamptz
//	pg_timestamp_to_date(timestamp) date
//	pg_timestamp_to_date(timestamptz) date
//	pg_time_add(time, interval) time
//	pg_time_sub(time, time) interval
//	pg_interval_add(interval, interval) interval
//	pg_interval_sub(interval, interval) interval
//	pg_interval_neg(interval) interval
//	pg_interval_mul(interval, float8) interval
//	pg_interval_div(interval, float8) interval
//	pg_justify_hours(interval) interval
//	pg_justify_days(interval) interval
//	pg_justify_interval(interval) interval
//	pg_interval_key(interval) wide
//	pg_date_trunc(text, timestamp) timestamp
//	pg_date_trunc(text, timestamptz) timestamptz
//	pg_date_trunc(text, interval) interval
//	pg_timezone(text, timestamptz) timestamp
//	pg_timezone(text, timestamp) timestamptz
//	pg_timezone(interval, timestamptz) timestamp
//	pg_timezone(interval, timestamp) timestamptz
//	pg_extract(text, date) wide
//	pg_extract(text, timestamp) wide
//	pg_extract(text, timestamptz) wide
//	pg_extract(text, time) wide
//	pg_extract(text, interval) wide
//	pg_date_part(text, date) float8
//	pg_date_part(text, timestamp) float8
//	pg_date_part(text, timestamptz) float8
//	pg_date_part(text, time) float8
//	pg_date_part(text, interval) float8
//	pg_sind(float8) float8
//	pg_cosd(float8) float8
//	pg_tand(float8) float8
//	pg_cotd(float8) float8
//	pg_asind(float8) float8
//	pg_acosd(float8) float8
//	pg_atand(float8) float8
//	pg_atan2d(float8, float8) float8
//	pg_asinh(float8) float8
//	pg_acosh(float8) float8
//	pg_atanh(float8) float8
//	pg_gcd(int4, int4) int4
//	pg_gcd(int8, int8) int8
//	pg_gcd(wide, wide) wide
//	pg_lcm(int4, int4) int4
//	pg_lcm(int8, int8) int8
//	pg_lcm(wide, wide) wide
//	pg_factorial(int8) wide
//	pg_min_scale(wide) int4
//	pg_trim_scale(wide) wide
//	pg_width_bucket(wide, wide, wide, int4) int4
//	pg_width_bucket(float8, float8, float8, int4) int4
//	pg_bit_count(bytea) int8
//	pg_length(bytea) int4
//	pg_octet_length(bytea) int4
//	pg_substr(bytea, int4) bytea
//	pg_substr(bytea, int4, int4) bytea
//	pg_position(bytea, bytea) int4
//	pg_btrim(bytea, bytea) bytea
//	pg_ltrim(bytea, bytea) bytea
//	pg_rtrim(bytea, bytea) bytea
//	pg_get_byte(bytea, int4) int4
//	pg_set_byte(bytea, int4, int4) bytea
//	pg_get_bit(bytea, int8) int4
//	pg_set_bit(bytea, int8, int4) bytea
//	pg_overlay(bytea, bytea, int4) bytea
//	pg_overlay(bytea, bytea, int4, int4) bytea
//	pg_encode(bytea, text) text
//	pg_decode(text, text) bytea
//	pg_convert_from(bytea, text) text
//	pg_convert_to(text, text) bytea
//	pg_sha224(bytea) bytea
//	pg_sha256(bytea) bytea
//	pg_sha384(bytea) bytea
//	pg_sha512(bytea) bytea
//	pg_quote_literal(text) text
//	pg_quote_ident(text) text
//	pg_unistr(text) text
//	pg_overlay(text, text, int4) text
//	pg_overlay(text, text, int4, int4) text
//	pg_format(text) text
//	pg_format(text, text) text
//	pg_format(text, text, text) text
//	pg_format(text, text, text, text) text
//	pg_format(text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text) text
//	pg_format(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text) text
//	pg_array_in(text, text) text
//	pg_array_length(text, int4) int4
//	pg_array_lower(text, int4) int4
//	pg_array_upper(text, int4) int4
//	pg_array_ndims(text) int4
//	pg_cardinality(text) int4
//	pg_array_dims(text) text
//	pg_array_get(text, text) text
//	pg_array_at(text, int8) text
//	pg_array_slice(text, text) text
//	pg_array_item(text) text
//	pg_array_key(text, text) bytea
//	pg_array_position(text, text, text) int4
//	pg_array_position(text, text, text, int4) int4
//	pg_array_positions(text, text, text) text
//	pg_array_any(text, text, text, text) bool
//	pg_array_all(text, text, text, text) bool
//	pg_array_cat(text, text) text
//	pg_array_append(text, text) text
//	pg_array_prepend(text, text) text
//	pg_array_remove(text, text, text) text
//	pg_array_replace(text, text, text, text) text
//	pg_array_fill(text, text) text
//	pg_array_fill(text, text, text) text
//	pg_trim_array(text, int4) text
//	pg_array_to_string(text, text) text
//	pg_array_to_string(text, text, text) text
//	pg_string_to_array(text, text) text
//	pg_string_to_array(text, text, text) text
//	pg_array_cast(text, text, text) text
//	pg_array_nest(text) text
//	pg_array_gather(text) text
//	pg_arraycontains(text, text, text) bool
//	pg_arraycontained(text, text, text) bool
//	pg_arrayoverlap(text, text, text) bool
//	pg_array_sort(text, text, text) text
//	pg_array_extreme(text, text, text) text
//	pg_make_time(int4, int4, float8) time
//	pg_make_timestamp(int4, int4, int4, int4, int4, float8) timestamp
//	pg_make_timestamptz(int4, int4, int4, int4, int4, float8) timestamptz
//	pg_make_timestamptz(int4, int4, int4, int4, int4, float8, text) timestamptz
//	pg_to_timestamp(float8) timestamptz
//	pg_make_interval(int4, int4, int4, int4, int4, int4, float8) interval
//	pg_date_bin(interval, timestamp, timestamp) timestamp
//	pg_date_bin(interval, timestamptz, timestamptz) timestamptz
//	pg_overlaps(timestamp, timestamp, timestamp, timestamp) bool
//	pg_overlaps(timestamptz, timestamptz, timestamptz, timestamptz) bool
//	pg_overlaps(time, time, time, time) bool
//	pg_regex(text, text) bool
//	pg_iregex(text, text) bool
//	pg_similar(text, text) bool
//	pg_similar(text, text, text) bool
//	pg_regexp_like(text, text) bool
//	pg_regexp_like(text, text, text) bool
//	pg_regexp_count(text, text) int4
//	pg_regexp_count(text, text, int4) int4
//	pg_regexp_count(text, text, int4, text) int4
//	pg_regexp_substr(text, text) text
//	pg_regexp_substr(text, text, int4) text
//	pg_regexp_substr(text, text, int4, int4) text
//	pg_regexp_substr(text, text, int4, int4, text) text
//	pg_regexp_substr(text, text, int4, int4, text, int4) text
//	pg_regexp_instr(text, text) int4
//	pg_regexp_instr(text, text, int4) int4
//	pg_regexp_instr(text, text, int4, int4) int4
//	pg_regexp_instr(text, text, int4, int4, int4) int4
//	pg_regexp_instr(text, text, int4, int4, int4, text) int4
//	pg_regexp_instr(text, text, int4, int4, int4, text, int4) int4
//	pg_regexp_replace(text, text, text) text
//	pg_regexp_replace(text, text, text, text) text
//	pg_regexp_replace(text, text, text, int4) text
//	pg_regexp_replace(text, text, text, int4, int4) text
//	pg_regexp_replace(text, text, text, int4, int4, text) text
//	pg_substring(text, text) text
//	pg_substring(text, text, text) text
//	pg_to_char(int4, text) text
//	pg_to_char(int8, text) text
//	pg_to_char(wide, text) text
//	pg_to_char(float4, text) text
//	pg_to_char(float8, text) text
//	pg_to_number(text, text) wide
//	pg_to_char(timestamp, text) text
//	pg_to_char(timestamptz, text) text
//	pg_to_char(interval, text) text
//	pg_to_date(text, text) date
//	pg_to_timestamp(text, text) timestamptz
//	pg_json(text) text
//	pg_jsonb(text) text
//	pg_jsonb_key(text) bytea
//	pg_jsonb_numeric(text) wide
//	pg_jsonb_float8(text) float8
//	pg_jsonb_float4(text) float4
//	pg_jsonb_bool(text) bool
//	pg_json_get(text, text) text
//	pg_json_get(text, int4) text
//	pg_jsonb_get(text, int4) text
//	pg_json_step(text, text) text
//	pg_json_path(text, text) text
//	pg_json_get_text(text, text) text
//	pg_json_get_text(text, int4) text
//	pg_jsonb_get_text(text, int4) text
//	pg_json_step_text(text, text) text
//	pg_json_path_text(text, text) text
//	pg_json_array_length(text) int4
//	pg_json_typeof(text) text
//	pg_jsonb_contains(text, text) bool
//	pg_jsonb_exists(text, text) bool
//	pg_jsonb_exists_any(text, text) bool
//	pg_jsonb_exists_all(text, text) bool
//	pg_jsonb_concat(text, text) text
//	pg_jsonb_delete(text, text) text
//	pg_jsonb_delete(text, int4) text
//	pg_jsonb_delete_keys(text, text) text
//	pg_jsonb_delete_path(text, text) text
//	pg_jsonb_set(text, text, text, bool) text
//	pg_jsonb_insert(text, text, text, bool) text
//	pg_jsonb_pretty(text) text
//	pg_jsonb_strip_nulls(text) text
//	pg_json_strip_nulls(text) text
//	pg_json_key(text) text
//	pg_json_quote(text) text
//	pg_json_number(text) text
//	pg_json_moment(text) text
//	pg_json_array(text, text) text
//	pg_json_object(text) text
//	pg_json_object(text, text) text
//	pg_json_list(text, text) text
//	pg_precision(timestamp, int4) timestamp
//	pg_precision(timestamptz, int4) timestamptz
//	pg_precision(time, int4) time
//	pg_precision(interval, int4) interval
//	pg_shift_left(int2, int4) int2
//	pg_shift_left(int4, int4) int4
//	pg_shift_left(int8, int4) int8
//	pg_shift_right(int2, int4) int2
//	pg_shift_right(int4, int4) int4
//	pg_shift_right(int8, int4) int8
//	pg_pseudonym(text, text, text) text
//	pg_hll_estimate(bytea) int8
//	pg_hll_error(bytea) float8
//	pg_hash_fast(bool) int8
//	pg_hash_fast(int8) int8
//	pg_hash_fast(float8) int8
//	pg_hash_fast(text) int8
//	pg_hash_fast(bytea) int8
//	pg_hash_fast(date) int8
//	pg_hash_fast(time) int8
//	pg_hash_fast(timestamp) int8
//	pg_hash_fast(timestamptz) int8
//	pg_hash_fast(interval) int8
//	pg_hash_keyed(bool, text, text) int8
//	pg_hash_keyed(int8, text, text) int8
//	pg_hash_keyed(float8, text, text) int8
//	pg_hash_keyed(text, text, text) int8
//	pg_hash_keyed(bytea, text, text) int8
//	pg_hash_keyed(date, text, text) int8
//	pg_hash_keyed(time, text, text) int8
//	pg_hash_keyed(timestamp, text, text) int8
//	pg_hash_keyed(timestamptz, text, text) int8
//	pg_hash_keyed(interval, text, text) int8
//	pg_hash_portable(bool) int8
//	pg_hash_portable(int8) int8
//	pg_hash_portable(float8) int8
//	pg_hash_portable(text) int8
//	pg_hash_portable(bytea) int8
//	pg_hash_portable(date) int8
//	pg_hash_portable(time) int8
//	pg_hash_portable(timestamp) int8
//	pg_hash_portable(timestamptz) int8
//	pg_hash_portable(interval) int8
//	pg_hash_fast_numeric(wide) int8
//	pg_hash_portable_numeric(wide) int8
//	pg_hash_keyed_numeric(wide, text, text) int8
//	pg_hash_fast_uuid(text) int8
//	pg_order_key(date) int8
//	pg_order_key(time) int8
//	pg_order_key(timestamp) int8
//	pg_order_key(timestamptz) int8
//	pg_order_key(float8) int8
package scalar
