/*
 * Waiting for thousands of pidfds (or sockets) at the price of one libuv handle: an epoll set of our own, itself polled by
 * the event loop. A watch fires once (EPOLLONESHOT is not needed: the fd leaves the set before JavaScript is told).
 */
#include "addon.h"

#include <sys/epoll.h>

/* The few entry points of libuv's stable ABI that Node exports; node-api-headers does not carry uv.h. */
typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef void (*uv_poll_cb)(uv_handle_t *handle, int status, int events);
#define UV_POLL_TYPE 8
#define UV_READABLE 1
extern size_t uv_handle_size(int type);
extern int uv_poll_init(uv_loop_t *loop, uv_handle_t *handle, int fd);
extern int uv_poll_start(uv_handle_t *handle, int events, uv_poll_cb callback);
extern void uv_close(uv_handle_t *handle, void (*callback)(uv_handle_t *));
extern void uv_ref(uv_handle_t *handle);
extern void uv_unref(uv_handle_t *handle);
extern void *uv_handle_get_data(const uv_handle_t *handle);
extern void uv_handle_set_data(uv_handle_t *handle, void *data);

#define READY_MAX 64

/* One per environment (worker). */
struct watch {
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  uv_handle_t *handle;
  int epoll;
  uint32_t count;
};

static void on_ready(uv_handle_t *handle, int status, int events) {
  struct watch *watch = uv_handle_get_data(handle);
  struct epoll_event ready[READY_MAX];
  (void)status;
  (void)events;
  int count = epoll_wait(watch->epoll, ready, READY_MAX, 0); /* what does not fit comes with the next turn of the loop */
  if (count <= 0) return;
  napi_env env = watch->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value list, callback, receiver;
  napi_create_array_with_length(env, (size_t)count, &list);
  for (int i = 0; i < count; i++) {
    epoll_ctl(watch->epoll, EPOLL_CTL_DEL, ready[i].data.fd, NULL);
    napi_set_element(env, list, (uint32_t)i, number(env, ready[i].data.fd));
  }
  watch->count -= (uint32_t)count <= watch->count ? (uint32_t)count : watch->count;
  if (watch->count == 0) uv_unref(handle);
  napi_get_reference_value(env, watch->callback, &callback);
  napi_get_global(env, &receiver);
  if (napi_make_callback(env, watch->context, receiver, callback, 1, &list, NULL) == napi_pending_exception) {
    napi_value error;
    napi_get_and_clear_last_exception(env, &error);
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

static void on_closed(uv_handle_t *handle) {
  struct watch *watch = uv_handle_get_data(handle);
  napi_async_cleanup_hook_handle hook = watch->hook;
  close(watch->epoll);
  free(handle);
  free(watch);
  napi_remove_async_cleanup_hook(hook);
}

static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  struct watch *watch = data;
  (void)hook;
  uv_close(watch->handle, on_closed);
}

/* watchStart(callback): makes the environment's epoll set; callback(fds) is told what became readable, each once. */
static napi_value watch_start(napi_env env, napi_callback_info info) {
  napi_value args[1], name;
  napi_valuetype type;
  void *before = NULL;
  uv_loop_t *loop = NULL;
  if (!get_args(env, info, 1, args)) return NULL;
  if (napi_typeof(env, args[0], &type) != napi_ok || type != napi_function) return throw_type(env, "not a function");
  napi_get_instance_data(env, &before);
  if (before != NULL) return number(env, -EALREADY);
  struct watch *watch = calloc(1, sizeof *watch);
  uv_handle_t *handle = calloc(1, uv_handle_size(UV_POLL_TYPE));
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int failure = watch == NULL || handle == NULL ? ENOMEM : epoll < 0 ? errno : 0;
  if (failure == 0 && napi_get_uv_event_loop(env, (struct uv_loop_s **)&loop) != napi_ok) failure = ENOSYS;
  if (failure == 0) failure = -uv_poll_init(loop, handle, epoll);
  if (failure != 0) {
    if (epoll >= 0) close(epoll);
    free(handle);
    free(watch);
    return number(env, -failure);
  }
  *watch = (struct watch){.env = env, .handle = handle, .epoll = epoll};
  uv_handle_set_data(handle, watch);
  napi_create_reference(env, args[0], 1, &watch->callback);
  napi_create_string_utf8(env, "berth:watch", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, NULL, name, &watch->context);
  napi_set_instance_data(env, watch, NULL, NULL);
  napi_add_async_cleanup_hook(env, on_cleanup, watch, &watch->hook);
  uv_poll_start(handle, UV_READABLE, on_ready);
  uv_unref(handle);
  return number(env, 0);
}

/* watchAdd(fd): the event loop stays alive until it fired or was dropped. */
static napi_value watch_add(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct watch *watch = NULL;
  long fd;
  if (!get_args(env, info, 1, args) || !get_int(env, args[0], &fd)) return NULL;
  napi_get_instance_data(env, (void **)&watch);
  if (watch == NULL) return number(env, -EINVAL);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = (int)fd};
  if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, (int)fd, &event) < 0) return result(env, -1);
  if (watch->count++ == 0) uv_ref(watch->handle);
  return number(env, 0);
}

/* watchDrop(fd): forgets it; call before closing the fd. */
static napi_value watch_drop(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct watch *watch = NULL;
  long fd;
  if (!get_args(env, info, 1, args) || !get_int(env, args[0], &fd)) return NULL;
  napi_get_instance_data(env, (void **)&watch);
  if (watch == NULL) return number(env, -EINVAL);
  if (epoll_ctl(watch->epoll, EPOLL_CTL_DEL, (int)fd, NULL) < 0) return result(env, -1);
  if (watch->count > 0 && --watch->count == 0) uv_unref(watch->handle);
  return number(env, 0);
}

void init_watch(napi_env env, napi_value exports) {
  define(env, exports, "watchStart", watch_start, NULL);
  define(env, exports, "watchAdd", watch_add, NULL);
  define(env, exports, "watchDrop", watch_drop, NULL);
}
