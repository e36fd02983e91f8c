/* Module entry and argument checks. */
#include "addon.h"

napi_value throw_type(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

napi_value number(napi_env env, int64_t value) {
  napi_value out = NULL;
  napi_create_int64(env, value, &out);
  return out;
}

napi_value result(napi_env env, long value) {
  return number(env, value == -1 ? -(int64_t)errno : value);
}

bool get_args(napi_env env, napi_callback_info info, size_t wanted, napi_value *out) {
  size_t count = wanted;
  if (napi_get_cb_info(env, info, &count, out, NULL, NULL) != napi_ok || count != wanted) {
    throw_type(env, "wrong number of arguments");
    return false;
  }
  return true;
}

bool get_int(napi_env env, napi_value value, long *out) {
  double wide;
  if (napi_get_value_double(env, value, &wide) != napi_ok || !(wide >= -2147483648.0 && wide <= 4294967295.0) || wide != (double)(int64_t)wide) {
    throw_type(env, "not a 32-bit integer");
    return false;
  }
  *out = (long)wide;
  return true;
}

bool get_long(napi_env env, napi_value value, long *out) {
  double wide;
  if (napi_get_value_double(env, value, &wide) == napi_ok) {
    if (wide >= -9007199254740991.0 && wide <= 9007199254740991.0 && wide == (double)(int64_t)wide) {
      *out = (long)wide;
      return true;
    }
  } else {
    int64_t exact;
    bool lossless = false;
    if (napi_get_value_bigint_int64(env, value, &exact, &lossless) == napi_ok && lossless) {
      *out = (long)exact;
      return true;
    }
  }
  throw_type(env, "not a 64-bit integer");
  return false;
}

bool get_bytes(napi_env env, napi_value value, uint8_t **data, size_t *length) {
  bool is_array = false;
  napi_typedarray_type type;
  void *start = NULL;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array ||
      napi_get_typedarray_info(env, value, &type, length, &start, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    throw_type(env, "not a Uint8Array");
    return false;
  }
  *data = start;
  return true;
}

bool get_text(napi_env env, napi_value value, bool nullable, struct text *out) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  out->value = NULL;
  out->length = 0;
  if (type == napi_null && nullable) return true;
  memset(out->bytes, 0, sizeof out->bytes);
  if (type == napi_string) {
    size_t length = 0;
    /* A string that does not fit is cut at a character; the whole length must be asked for first. */
    if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok || length > TEXT_MAX - 1) {
      throw_type(env, "text too long");
      return false;
    }
    napi_get_value_string_utf8(env, value, out->bytes, TEXT_MAX, &out->length);
  } else {
    uint8_t *data;
    size_t length;
    if (!get_bytes(env, value, &data, &length)) return false;
    if (length > TEXT_MAX - 1) {
      throw_type(env, "text too long");
      return false;
    }
    if (length > 0) memcpy(out->bytes, data, length);
    out->length = length;
  }
  if (memchr(out->bytes, 0, out->length) != NULL) {
    throw_type(env, "text with a NUL byte");
    return false;
  }
  out->value = out->bytes;
  return true;
}

bool get_fds(napi_env env, napi_value value, int *out, uint32_t max, uint32_t *count) {
  bool is_array = false;
  if (napi_is_array(env, value, &is_array) != napi_ok || !is_array || napi_get_array_length(env, value, count) != napi_ok || *count > max) {
    throw_type(env, "not a short array of fds");
    return false;
  }
  for (uint32_t i = 0; i < *count; i++) {
    napi_value item;
    long fd;
    if (napi_get_element(env, value, i, &item) != napi_ok || !get_int(env, item, &fd)) return false;
    if (fd < 0 || fd > INT_MAX) {
      throw_type(env, "not an fd");
      return false;
    }
    out[i] = (int)fd;
  }
  return true;
}

void define(napi_env env, napi_value exports, const char *name, napi_callback call, void *data) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, data, &function) == napi_ok) napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  init_calls(env, exports);
  init_programs(env, exports);
  init_sockets(env, exports);
  init_watch(env, exports);
  init_nft(env, exports);
  init_overlay(env, exports);
  return exports;
}
