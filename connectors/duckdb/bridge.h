// C side of the bridge: the shapes of the callbacks that Go exports to DuckDB, and loops over strings that
// would cost a call into C per value if Go ran them.
#ifndef ATOLL_DUCKDB_BRIDGE_H
#define ATOLL_DUCKDB_BRIDGE_H

#include <stdint.h>
#include <stdlib.h>

typedef void (*atoll_callback1)(void *);
typedef void (*atoll_callback2)(void *, void *);
typedef void (*atoll_callback3)(void *, void *, void *);

void atollDeleteCell(void *cell);
void atollInputBind(void *info);
void atollInputInit(void *info);
void atollInputScan(void *info, void *chunk);
void atollTableName(void *info, void *name, void *cell);
void atollFunctionCall(void *info, void *chunk, void *result);

// atoll_assign_strings sets rows [0, rows) of a VARCHAR or BLOB vector; row i is data[offsets[i], offsets[i+1]).
// Rows whose bit in valid (from valid_offset on; NULL means all valid) is clear are left alone.
void atoll_assign_strings(void *vector, const int32_t *offsets, const char *data, const uint8_t *valid,
                          uint64_t valid_offset, uint64_t rows);

// atoll_assign_blocks does the same for values of one width lying one after the other.
void atoll_assign_blocks(void *vector, const char *data, uint64_t width, const uint8_t *valid,
                         uint64_t valid_offset, uint64_t rows);

#endif
