/* Sockets that Node cannot make or read: pairs, passed fds, peer credentials, netlink. */
#include "addon.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PASSED_MAX 16

/* socketPair(type): [fd, fd] or -errno. type: SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM (plus SOCK_NONBLOCK); always close-on-exec. */
static napi_value socket_pair(napi_env env, napi_callback_info info) {
  napi_value args[1], out;
  long type;
  int pair[2];
  if (!get_args(env, info, 1, args) || !get_int(env, args[0], &type)) return NULL;
  if (socketpair(AF_UNIX, (int)type | SOCK_CLOEXEC, 0, pair) < 0) return result(env, -1);
  napi_create_array_with_length(env, 2, &out);
  napi_set_element(env, out, 0, number(env, pair[0]));
  napi_set_element(env, out, 1, number(env, pair[1]));
  return out;
}

/* peerCredentials(fd): [pid, uid, gid] or -errno. */
static napi_value peer_credentials(napi_env env, napi_callback_info info) {
  napi_value args[1], out;
  long fd;
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (!get_args(env, info, 1, args) || !get_int(env, args[0], &fd)) return NULL;
  if (getsockopt((int)fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return result(env, -1);
  napi_create_array_with_length(env, 3, &out);
  napi_set_element(env, out, 0, number(env, peer.pid));
  napi_set_element(env, out, 1, number(env, peer.uid));
  napi_set_element(env, out, 2, number(env, peer.gid));
  return out;
}

union control {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * PASSED_MAX)];
};

/* sendFds(fd, bytes, fds, flags): bytes sent. */
static napi_value send_fds(napi_env env, napi_callback_info info) {
  napi_value args[4];
  long fd, flags;
  uint8_t *data;
  size_t length;
  int passed[PASSED_MAX];
  uint32_t count = 0;
  if (!get_args(env, info, 4, args) || !get_int(env, args[0], &fd) || !get_bytes(env, args[1], &data, &length) ||
      !get_fds(env, args[2], passed, PASSED_MAX, &count) || !get_int(env, args[3], &flags))
    return NULL;
  union control control;
  struct iovec part = {.iov_base = data, .iov_len = length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  memset(&control, 0, sizeof control);
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), passed, sizeof(int) * count);
  }
  return result(env, sendmsg((int)fd, &message, (int)flags | MSG_NOSIGNAL));
}

/* receiveFds(fd, bytes, flags): [length, fd…] or -errno. Fds come close-on-exec; a cut control message is -EMSGSIZE and keeps none. */
static napi_value receive_fds(napi_env env, napi_callback_info info) {
  napi_value args[3], out;
  long fd, flags;
  uint8_t *data;
  size_t length;
  if (!get_args(env, info, 3, args) || !get_int(env, args[0], &fd) || !get_bytes(env, args[1], &data, &length) || !get_int(env, args[2], &flags)) return NULL;
  union control control;
  struct iovec part = {.iov_base = data, .iov_len = length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg((int)fd, &message, (int)flags | MSG_CMSG_CLOEXEC);
  if (got < 0) return result(env, -1);
  int passed[PASSED_MAX];
  size_t count = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < here && count < PASSED_MAX; i++) memcpy(&passed[count++], CMSG_DATA(header) + i * sizeof(int), sizeof(int));
  }
  if (message.msg_flags & MSG_CTRUNC) {
    for (size_t i = 0; i < count; i++) close(passed[i]);
    return number(env, -EMSGSIZE);
  }
  napi_create_array_with_length(env, count + 1, &out);
  napi_set_element(env, out, 0, number(env, got));
  for (size_t i = 0; i < count; i++) napi_set_element(env, out, (uint32_t)i + 1, number(env, passed[i]));
  return out;
}

/* netlinkOpen(protocol, groups): fd, bound to a mask of multicast groups, with extended acknowledgements, strict checking and a receive timeout of 10 s. */
static napi_value netlink_open(napi_env env, napi_callback_info info) {
  napi_value args[2];
  long protocol, groups;
  if (!get_args(env, info, 2, args) || !get_int(env, args[0], &protocol) || !get_int(env, args[1], &groups)) return NULL;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)protocol);
  if (fd < 0) return result(env, -1);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = (uint32_t)groups};
  struct timeval limit = {.tv_sec = 10};
  int one = 1, size = 1 << 20;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) {
    int failure = errno;
    close(fd);
    return number(env, -failure);
  }
  /* Nicer errors and room for long dumps; a kernel that refuses them still works. */
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return number(env, fd);
}

/* netlinkSend(fd, bytes): bytes sent, to the kernel only. */
static napi_value netlink_send(napi_env env, napi_callback_info info) {
  napi_value args[2];
  long fd;
  uint8_t *data;
  size_t length;
  if (!get_args(env, info, 2, args) || !get_int(env, args[0], &fd) || !get_bytes(env, args[1], &data, &length)) return NULL;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  return result(env, sendto((int)fd, data, length, 0, (struct sockaddr *)&kernel, sizeof kernel));
}

/* netlinkReceive(fd, bytes): length of the next datagram from the kernel; longer than the buffer means it was cut. */
static napi_value netlink_receive(napi_env env, napi_callback_info info) {
  napi_value args[2];
  long fd;
  uint8_t *data;
  size_t length;
  if (!get_args(env, info, 2, args) || !get_int(env, args[0], &fd) || !get_bytes(env, args[1], &data, &length)) return NULL;
  for (;;) {
    struct sockaddr_nl from = {0};
    socklen_t size = sizeof from;
    ssize_t got = recvfrom((int)fd, data, length, MSG_TRUNC, (struct sockaddr *)&from, &size);
    if (got < 0 && errno == EINTR) continue;
    if (got >= 0 && from.nl_pid != 0) continue; /* another process wrote to us: not the kernel's word */
    return result(env, got);
  }
}

void init_sockets(napi_env env, napi_value exports) {
  define(env, exports, "socketPair", socket_pair, NULL);
  define(env, exports, "peerCredentials", peer_credentials, NULL);
  define(env, exports, "sendFds", send_fds, NULL);
  define(env, exports, "receiveFds", receive_fds, NULL);
  define(env, exports, "netlinkOpen", netlink_open, NULL);
  define(env, exports, "netlinkSend", netlink_send, NULL);
  define(env, exports, "netlinkReceive", netlink_receive, NULL);
}
