/* libnftables, loaded when first used; the package without it still works through the nft program. */
#include "addon.h"

#include <dlfcn.h>

#define RULESET_MAX (16U << 20)

struct nft_ctx;
static struct {
  void *library;
  struct nft_ctx *(*new)(uint32_t);
  int (*buffer_output)(struct nft_ctx *);
  int (*buffer_error)(struct nft_ctx *);
  int (*run)(struct nft_ctx *, const char *);
  const char *(*output)(struct nft_ctx *);
  const char *(*error)(struct nft_ctx *);
  void (*release)(struct nft_ctx *);
} nft;

static bool load(void) {
  if (nft.library != NULL) return true;
  void *library = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return false;
  *(void **)&nft.new = dlsym(library, "nft_ctx_new");
  *(void **)&nft.buffer_output = dlsym(library, "nft_ctx_buffer_output");
  *(void **)&nft.buffer_error = dlsym(library, "nft_ctx_buffer_error");
  *(void **)&nft.run = dlsym(library, "nft_run_cmd_from_buffer");
  *(void **)&nft.output = dlsym(library, "nft_ctx_get_output_buffer");
  *(void **)&nft.error = dlsym(library, "nft_ctx_get_error_buffer");
  *(void **)&nft.release = dlsym(library, "nft_ctx_free");
  if (!nft.new || !nft.buffer_output || !nft.buffer_error || !nft.run || !nft.output || !nft.error || !nft.release) {
    dlclose(library);
    return false;
  }
  nft.library = library;
  return true;
}

static void put(napi_env env, napi_value array, uint32_t index, const char *text) {
  napi_value value;
  napi_create_string_utf8(env, text == NULL ? "" : text, NAPI_AUTO_LENGTH, &value);
  napi_set_element(env, array, index, value);
}

/* nftRun(ruleset): [0 or -1, output, error], or -ENOENT without the library. A context per call: it is bound to the namespace it was made in. */
static napi_value nft_run(napi_env env, napi_callback_info info) {
  napi_value args[1], out;
  size_t length = 0;
  if (!get_args(env, info, 1, args)) return NULL;
  if (napi_get_value_string_utf8(env, args[0], NULL, 0, &length) != napi_ok || length > RULESET_MAX) return throw_type(env, "not a ruleset text");
  AUTO_FREE char *text = malloc(length + 1);
  if (text == NULL) return number(env, -ENOMEM);
  napi_get_value_string_utf8(env, args[0], text, length + 1, &length);
  if (!load()) return number(env, -ENOENT);
  struct nft_ctx *context = nft.new(0);
  if (context == NULL) return number(env, -ENOMEM);
  nft.buffer_output(context);
  nft.buffer_error(context);
  int status = nft.run(context, text);
  napi_create_array_with_length(env, 3, &out);
  napi_set_element(env, out, 0, number(env, status));
  put(env, out, 1, nft.output(context));
  put(env, out, 2, nft.error(context));
  nft.release(context);
  return out;
}

void init_nft(napi_env env, napi_value exports) {
  define(env, exports, "nftRun", nft_run, NULL);
}
