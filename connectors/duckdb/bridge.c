#include "bridge.h"

// Declared here as in duckdb.h, which the module that links DuckDB does not put on our include path.
extern void duckdb_vector_assign_string_element_len(void *vector, uint64_t index, const char *str, uint64_t len);

static int is_valid(const uint8_t *valid, uint64_t i) {
	return valid == NULL || (valid[i >> 3] >> (i & 7)) & 1;
}

void atoll_assign_strings(void *vector, const int32_t *offsets, const char *data, const uint8_t *valid,
                          uint64_t valid_offset, uint64_t rows) {
	for (uint64_t i = 0; i < rows; i++) {
		if (is_valid(valid, valid_offset + i)) {
			duckdb_vector_assign_string_element_len(vector, i, data + offsets[i], (uint64_t)(offsets[i + 1] - offsets[i]));
		}
	}
}

void atoll_assign_blocks(void *vector, const char *data, uint64_t width, const uint8_t *valid, uint64_t valid_offset,
                         uint64_t rows) {
	for (uint64_t i = 0; i < rows; i++) {
		if (is_valid(valid, valid_offset + i)) {
			duckdb_vector_assign_string_element_len(vector, i, data + i * width, width);
		}
	}
}
