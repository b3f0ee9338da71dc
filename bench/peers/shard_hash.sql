-- Partitions by HASH place a row by a hash of its key, modulo their number. The operator class below makes that hash the xxHash64 of the
-- key's eight bytes, big-endian, as docs/configuration.md has it: then the partitions are the shards, and PostgreSQL can join them one by one.

-- Unsigned 64-bit numbers are numerics here; as bigint they keep their bits.
create function as_signed(x numeric) returns bigint language sql immutable strict parallel safe
return (case when x >= 9223372036854775808 then x - 18446744073709551616 else x end)::bigint;

create function as_unsigned(x bigint) returns numeric language sql immutable strict parallel safe
return case when x < 0 then x::numeric + 18446744073709551616 else x::numeric end;

create function mul64(a numeric, b numeric) returns numeric language sql immutable strict parallel safe
return mod(a * b, 18446744073709551616);

create function xor64(a numeric, b numeric) returns numeric language sql immutable strict parallel safe
return as_unsigned(as_signed(a) # as_signed(b));

create function rotl64(x numeric, bits integer) returns numeric language sql immutable strict parallel safe
return mod(x * 2::numeric ^ bits, 18446744073709551616) + div(x, 2::numeric ^ (64 - bits));

create function shard_hash(key bigint) returns numeric language plpgsql immutable strict parallel safe as $$
declare
    p1 constant numeric := 11400714785074694791;
    p2 constant numeric := 14029467366897019727;
    p3 constant numeric := 1609587929392839161;
    p4 constant numeric := 9650029242287828579;
    p5 constant numeric := 2870177450012600261;
    lane numeric := 0;
    h numeric;
begin
    for i in 0..7 loop -- the key's bytes, read little-endian
        lane := lane * 256 + ((key >> (8 * i)) & 255);
    end loop;
    h := xor64(p5 + 8, mul64(rotl64(mul64(lane, p2), 31), p1));
    h := mod(mul64(rotl64(h, 27), p1) + p4, 18446744073709551616);
    h := mul64(xor64(h, div(h, 2::numeric ^ 33)), p2);
    h := mul64(xor64(h, div(h, 2::numeric ^ 29)), p3);
    return xor64(h, div(h, 2::numeric ^ 32));
end $$;

-- PostgreSQL adds 0x49a0f4dd15e5a8e3 to the hash of a key of one column before it takes the remainder.
create function shard_hash_extended(key bigint, seed bigint) returns bigint language sql immutable strict parallel safe
return as_signed(mod(shard_hash(key) - 5305509591434766563 + 18446744073709551616, 18446744073709551616));

create function shard_hash_extended(key integer, seed bigint) returns bigint language sql immutable strict parallel safe
return shard_hash_extended(key::bigint, seed);

create operator class shard_ops for type integer using hash as operator 1 =, function 2 shard_hash_extended(integer, bigint);
create operator class shard_ops_bigint for type bigint using hash as operator 1 =, function 2 shard_hash_extended(bigint, bigint);
