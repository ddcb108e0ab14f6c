/* A fast HTTP/1.1 receiver for the benchmark and the fault injection: it records who arrived when, and answers as the path says.
 *
 *   receiver LEDGER CAPACITY PORT [CERTIFICATE KEY TLS_PORT]
 *
 * LEDGER is a file of CAPACITY records of 64 bytes after a head of 64 bytes whose first 8 are the count; bench/ledger.py reads it.
 * It listens on 127.0.0.1 to 127.0.0.120, in one thread, keeps connections, and ends on SIGTERM. Paths, each with a last part that numbers the endpoint:
 *   /ok/N /status/CODE/N /delay/MS/N /hang/N /reset/N /close/N /drip/N /endless/N
 *   /flaky/N  of a hundred requests 20 get 500, 3 are reset, 1 hangs until the sender gives up, the rest 200
 * The id of a request is its webhook-id, else the first "id" in its JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
#else
typedef void SSL;
#endif

enum { BUFFER = 160 * 1024, RECORD = 64, HOSTS = 120, MAX_LISTENERS = 2 * HOSTS };

typedef struct {
  char id[40];
  uint64_t at_us; /* CLOCK_REALTIME when the whole request was there */
  uint32_t endpoint;
  uint16_t status; /* what was answered; 0: nothing */
  uint16_t port;
  uint32_t connection;
  uint32_t bytes;
} Record;

typedef struct Connection {
  int fd, port, events;
  uint32_t number;
  SSL *ssl;
  int shaking;
  size_t have, room;
  char *in;
  char out[512];
  size_t out_len, out_sent;
  int close_after, endless;
  int drip_left;       /* bytes still to drip, 0: none */
  uint64_t due_us;     /* when to answer or drip next, 0: nothing waits */
  int due_status;
  size_t heap_at;      /* 1-based place in the heap */
  size_t consumed;     /* bytes of the request that waits for its answer */
  Record *waiting;
} Connection;

static _Atomic uint64_t *count;
static Record *records;
static uint64_t capacity;
static int poller;
static uint32_t connections;
static volatile sig_atomic_t ended;
static Connection **heap;
static size_t heap_len, heap_room;
static char junk[16384];

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A binary heap of the connections that wait, the earliest first. */
static void heap_set(size_t i, Connection *c) { heap[i] = c; c->heap_at = i; }
static void heap_up(size_t i) {
  Connection *c = heap[i];
  while (i > 1 && heap[i / 2]->due_us > c->due_us) { heap_set(i, heap[i / 2]); i /= 2; }
  heap_set(i, c);
}
static void heap_down(size_t i) {
  Connection *c = heap[i];
  for (size_t k; (k = 2 * i) <= heap_len; i = k) {
    if (k < heap_len && heap[k + 1]->due_us < heap[k]->due_us) k++;
    if (heap[k]->due_us >= c->due_us) break;
    heap_set(i, heap[k]);
  }
  heap_set(i, c);
}
static void wait_until(Connection *c, uint64_t due_us) {
  c->due_us = due_us;
  if (heap_len + 2 > heap_room) {
    heap_room = heap_room ? heap_room * 2 : 1024;
    heap = realloc(heap, heap_room * sizeof *heap);
    if (!heap) exit(1);
  }
  heap[++heap_len] = c;
  heap_up(heap_len);
}
static void wait_no_more(Connection *c) {
  if (!c->heap_at) return;
  size_t i = c->heap_at;
  Connection *last = heap[heap_len--];
  c->heap_at = 0;
  c->due_us = 0;
  if (last == c) return;
  heap_set(i, last);
  heap_up(i);
  heap_down(last->heap_at);
}

static ssize_t pull(Connection *c, char *to, size_t n) {
#ifdef WITH_TLS
  if (c->ssl) {
    int got = SSL_read(c->ssl, to, (int)n);
    if (got > 0) return got;
    int why = SSL_get_error(c->ssl, got);
    errno = EAGAIN;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? -1 : 0;
  }
#endif
  return read(c->fd, to, n);
}

static ssize_t push(Connection *c, const char *from, size_t n) {
#ifdef WITH_TLS
  if (c->ssl) {
    int put = SSL_write(c->ssl, from, (int)n);
    if (put > 0) return put;
    int why = SSL_get_error(c->ssl, put);
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
    return -1;
  }
#endif
  return send(c->fd, from, n, MSG_NOSIGNAL);
}

static void drop(Connection *c, int reset) {
  wait_no_more(c);
  if (reset) {
    struct linger gone = {1, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &gone, sizeof gone);
  }
#ifdef WITH_TLS
  if (c->ssl) SSL_free(c->ssl);
#endif
  close(c->fd);
  free(c->in);
  free(c);
}

static void listen_for(Connection *c, int events) {
  if (c->events == events) return;
  struct epoll_event e = {.events = events, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
  c->events = events;
}

/* Send what is in `out`, then the endless body if that is the answer; 0 when the connection is gone. */
static int flush(Connection *c) {
  while (c->out_sent < c->out_len) {
    ssize_t n = push(c, c->out + c->out_sent, c->out_len - c->out_sent);
    if (n < 0 && errno == EAGAIN) { listen_for(c, EPOLLIN | EPOLLOUT); return 1; }
    if (n <= 0) { drop(c, 0); return 0; }
    c->out_sent += n;
  }
  c->out_len = c->out_sent = 0;
  if (c->endless) {
    for (;;) {
      ssize_t n = push(c, junk, sizeof junk);
      if (n < 0 && errno == EAGAIN) { listen_for(c, EPOLLIN | EPOLLOUT); return 1; }
      if (n <= 0) { drop(c, 0); return 0; }
    }
  }
  if (c->close_after) { drop(c, 0); return 0; }
  listen_for(c, EPOLLIN);
  return 1;
}

static const char *reason(int status) { return status < 300 ? "OK" : status == 429 ? "Too Many Requests" : "No"; }

static int answer(Connection *c, int status) {
  if (c->waiting) c->waiting->status = status;
  c->waiting = NULL;
  c->out_len += snprintf(c->out + c->out_len, sizeof c->out - c->out_len,
      "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n%s%s\r\nok", status, reason(status),
      status == 429 ? "Retry-After: 1\r\n" : "", c->close_after ? "Connection: close\r\n" : "");
  return flush(c);
}

static void copy_id(Record *r, const char *from, const char *end) {
  size_t n = 0;
  for (; from < end && n < sizeof r->id - 1 && *from != '"' && *from > ' '; from++)
    if (*from != '-') r->id[n++] = *from;
}

static Record scrap;

static Record *record(Connection *c, const char *id, const char *id_end, uint32_t endpoint, uint32_t bytes) {
  uint64_t at = atomic_load_explicit(count, memory_order_relaxed);
  Record *r = at < capacity ? &records[at] : &scrap;
  memset(r, 0, sizeof *r);
  copy_id(r, id, id_end);
  r->at_us = now_us();
  r->endpoint = endpoint;
  r->port = c->port;
  r->connection = c->number;
  r->bytes = bytes;
  atomic_store_explicit(count, at + 1, memory_order_release);
  return r;
}

/* Do as the path says; 0 when the connection is gone, 2 when it waits. */
static int behave(Connection *c, const char *path) {
  int n;
  if (!strncmp(path, "/ok", 3)) return answer(c, 200);
  if (sscanf(path, "/status/%d", &n) == 1) return answer(c, n);
  if (sscanf(path, "/delay/%d", &n) == 1) {
    c->due_status = 200;
    wait_until(c, now_us() + (uint64_t)n * 1000);
    return 2;
  }
  if (!strncmp(path, "/hang", 5)) return 2;
  if (!strncmp(path, "/reset", 6)) { drop(c, 1); return 0; }
  if (!strncmp(path, "/close", 6)) { c->close_after = 1; return answer(c, 200); }
  if (!strncmp(path, "/drip", 5)) {
    c->drip_left = 1000;
    wait_until(c, now_us() + 100000);
    c->out_len = snprintf(c->out, sizeof c->out, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    return flush(c) ? 2 : 0;
  }
  if (!strncmp(path, "/endless", 8)) {
    c->endless = 1;
    /* What a receiver piles up in its own buffers, 4 MB by default, is not the sender's to pay: it would be on another
     * machine. */
    int bytes = 65536;
    setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    c->out_len = snprintf(c->out, sizeof c->out, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    return flush(c) ? 2 : 0;
  }
  if (!strncmp(path, "/flaky", 6)) {
    int dice = rand() % 100;
    if (dice < 20) return answer(c, 500);
    if (dice < 23) { drop(c, 1); return 0; }
    return dice < 24 ? 2 : answer(c, 200);
  }
  return answer(c, 404);
}

static const char *header(const char *head, const char *end, const char *name, size_t len) {
  for (const char *line = strstr(head, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n"))
    if (!strncasecmp(line + 2, name, len) && line[2 + len] == ':') {
      line += 3 + len;
      while (*line == ' ') line++;
      return line;
    }
  return NULL;
}

static void consume(Connection *c) {
  memmove(c->in, c->in + c->consumed, c->have - c->consumed);
  c->have -= c->consumed;
  c->consumed = 0;
}

/* Serve the whole requests in the buffer; 0 when the connection is gone. */
static int serve(Connection *c) {
  while (!c->consumed && c->have) {
    c->in[c->have] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return 1;
    const char *value = header(c->in, end, "content-length", 14);
    size_t body = value ? strtoul(value, NULL, 10) : 0, whole = end + 4 - c->in + body;
    if (whole >= BUFFER) { drop(c, 1); return 0; }
    if (whole > c->have) return 1;
    const char *id = header(c->in, end, "webhook-id", 10), *id_end = end;
    if (!id && (id = strstr(end, "\"id\": \""))) { id += 7; id_end = c->in + whole; }
    char *path = strchr(c->in, ' '), *space = path ? strchr(path + 1, ' ') : NULL, *slash;
    if (!space || space > end) { drop(c, 1); return 0; }
    *space = 0;
    slash = strrchr(path + 1, '/');
    if (!id) id = id_end = end;
    c->waiting = record(c, id, id_end, slash ? strtoul(slash + 1, NULL, 10) : 0, body);
    c->consumed = whole;
    int state = behave(c, path + 1);
    if (state != 1) return state;
    consume(c);
  }
  return 1;
}

static void ring(Connection *c) {
  wait_no_more(c);
  if (c->drip_left > 0) {
    if (push(c, "x", 1) == 0 || --c->drip_left == 0) { drop(c, 0); return; }
    wait_until(c, now_us() + 100000);
    return;
  }
  if (answer(c, c->due_status)) { consume(c); serve(c); }
}

static void readable(Connection *c) {
#ifdef WITH_TLS
  if (c->shaking) {
    int done = SSL_accept(c->ssl);
    if (done != 1) {
      int why = SSL_get_error(c->ssl, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) drop(c, 0);
      return;
    }
    c->shaking = 0;
  }
#endif
  for (;;) {
    if (c->have + 1 >= c->room) {
      if (c->room >= BUFFER) { if (c->consumed) return; drop(c, 1); return; }
      c->room = c->room ? c->room * 4 : 4096;
      if (c->room > BUFFER) c->room = BUFFER;
      c->in = realloc(c->in, c->room + 1);
      if (!c->in) exit(1);
    }
    size_t room = c->room - c->have - 1;
    ssize_t n = pull(c, c->in + c->have, room);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) { drop(c, 0); return; }
    c->have += n;
    if (!serve(c)) return;
    if ((size_t)n < room && !c->ssl) return;
  }
}

typedef struct { int fd, port, tls; } Listener;
static Listener listeners[MAX_LISTENERS];
static int listener_count;
#ifdef WITH_TLS
static SSL_CTX *context;
#endif

static void accept_all(Listener *l) {
  for (;;) {
    int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Connection *c = calloc(1, sizeof *c);
    if (!c) exit(1);
    c->fd = fd;
    c->port = l->port;
    c->number = ++connections;
    c->events = EPOLLIN;
#ifdef WITH_TLS
    if (l->tls) {
      c->ssl = SSL_new(context);
      SSL_set_fd(c->ssl, fd);
      c->shaking = 1;
    }
#endif
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
  }
}

/* Listen on `port` of 127.0.0.1 to 127.0.0.<hosts>: each a host of its own to a sender, all of them this machine. */
static void open_port(int port, int hosts, int tls) {
  for (int host = 1; host <= hosts; host++) {
    Listener *l = &listeners[listener_count++];
    int one = 1;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    where.sin_addr.s_addr = htonl(0x7f000000u + host);
    *l = (Listener){socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), port, tls};
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(l->fd, (struct sockaddr *)&where, sizeof where) || listen(l->fd, 4096)) { perror("listen"); exit(1); }
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
    epoll_ctl(poller, EPOLL_CTL_ADD, l->fd, &e);
  }
}

static void end(int signal) { (void)signal; ended = 1; }

int main(int argc, char **argv) {
  if (argc != 4 && argc != 7) { fprintf(stderr, "usage: receiver LEDGER CAPACITY PORT [CERTIFICATE KEY TLS_PORT]\n"); return 2; }
  struct rlimit files = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGTERM, end);
  signal(SIGINT, end);
  signal(SIGPIPE, SIG_IGN);
  srand(20260101);
  memset(junk, 'x', sizeof junk);
  capacity = strtoull(argv[2], NULL, 10);
  size_t size = (capacity + 1) * RECORD;
  int ledger = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (ledger < 0 || ftruncate(ledger, (off_t)size)) { perror(argv[1]); return 1; }
  char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ledger, 0);
  if (map == MAP_FAILED) { perror("mmap"); return 1; }
  count = (_Atomic uint64_t *)map;
  records = (Record *)(map + RECORD);
  poller = epoll_create1(EPOLL_CLOEXEC);
  open_port(atoi(argv[3]), HOSTS, 0);
  if (argc == 7) {
#ifdef WITH_TLS
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, argv[4]) != 1 || SSL_CTX_use_PrivateKey_file(context, argv[5], SSL_FILETYPE_PEM) != 1) {
      fprintf(stderr, "no certificate\n");
      return 1;
    }
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    open_port(atoi(argv[6]), HOSTS, 1);
#else
    fprintf(stderr, "built without TLS\n");
    return 1;
#endif
  }
  puts("ready");
  fflush(stdout);
  struct epoll_event events[512];
  while (!ended) {
    int wait_ms = -1;
    if (heap_len) {
      int64_t left = (int64_t)heap[1]->due_us - (int64_t)now_us();
      wait_ms = left <= 0 ? 0 : (int)(left / 1000) + 1;
    }
    int n = epoll_wait(poller, events, 512, wait_ms);
    for (int i = 0; i < n; i++) {
      Listener *l = events[i].data.ptr;
      if (l >= listeners && l < listeners + MAX_LISTENERS) { accept_all(l); continue; }
      Connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT && !flush(c)) continue;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
    }
    for (uint64_t now = now_us(); heap_len && heap[1]->due_us <= now;) ring(heap[1]);
  }
  return 0;
}
