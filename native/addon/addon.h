/*
 * The addon: the daemon's door to system calls that Node does not have.
 *
 * Convention: every function returns a JavaScript number, the result (>= 0) or -errno. A wrong argument (type, range,
 * embedded NUL, buffer too small) is a TypeError, thrown before the kernel is asked. Nothing here holds policy.
 */
#pragma once
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <limits.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 4096 /* PATH_MAX, and the page that mount(2) copies */

/* One text argument, NUL-terminated and zero-filled to the end (mount(2) reads a whole page of data). */
struct text {
  const char *value; /* NULL where null was given and allowed */
  size_t length;
  char bytes[TEXT_MAX + 8];
};

napi_value throw_type(napi_env env, const char *message);
napi_value number(napi_env env, int64_t value);
napi_value result(napi_env env, long value); /* value, or -errno where value is -1 */

/* Each returns false with an exception pending. */
bool get_args(napi_env env, napi_callback_info info, size_t wanted, napi_value *out);
bool get_int(napi_env env, napi_value value, long *out);  /* -2^31 … 2^32-1 */
bool get_long(napi_env env, napi_value value, long *out); /* safe integer or BigInt */
bool get_text(napi_env env, napi_value value, bool nullable, struct text *out);
bool get_bytes(napi_env env, napi_value value, uint8_t **data, size_t *length);
bool get_fds(napi_env env, napi_value value, int *out, uint32_t max, uint32_t *count);

void define(napi_env env, napi_value exports, const char *name, napi_callback call, void *data);

void init_calls(napi_env env, napi_value exports);
void init_programs(napi_env env, napi_value exports);
void init_sockets(napi_env env, napi_value exports);
void init_watch(napi_env env, napi_value exports);
void init_nft(napi_env env, napi_value exports);
void init_overlay(napi_env env, napi_value exports);

/* Scope-bound cleanup. */
static inline void close_fd(const int *fd) {
  if (*fd >= 0) close(*fd);
}
static inline void free_memory(void *pointer) {
  free(*(void **)pointer);
}
#define AUTO_FD __attribute__((cleanup(close_fd))) int
#define AUTO_FREE __attribute__((cleanup(free_memory)))
