/*
 * bgpgen - BGP-4 route injector and sink for benchmarks (IPv4 unicast /32; --v6: injects IPv6 unicast /128).
 *
 * One process runs 1..64 sessions ("--sessions K": consecutive local
 * addresses).  Each session may inject routes and at the same time counts, in
 * a bitmap, what it receives.  It is driven by line commands on stdin and
 * answers with one JSON object per line on stdout.  All times are
 * CLOCK_MONOTONIC nanoseconds, so they compare across network namespaces.
 *
 * Route number i is the prefix (base+i)/32; its next hop is
 * nh-base + ((i+shift) % H).  With --v6 these are the last 32 bits of
 * fd00:5320::/128 and of a next hop in fd00:20::/64, over the same session.  Routes are packed per next hop into UPDATEs of
 * at most 4096 bytes and at most --pack prefixes; with --order seq each route
 * has its own UPDATE, in ascending order (next hops alternate).
 *
 * --watch IDX: received routes with i >= IDX are reported one by one ('got').
 *
 * Commands:
 *   announce FIRST COUNT [SHIFT]     blast (session 0), then report 'sent', 'acked'
 *   withdraw FIRST COUNT
 *   nodes                            each next hop's own route, with large community AS:1:1 (its site)
 *   eor                              send End-of-RIB
 *   probe FIRST COUNT INTERVAL_US    single announcements, random spacing
 *   unprobe FIRST COUNT INTERVAL_US  single withdrawals, random spacing
 *   churn FIRST COUNT RATE SECS move|flap   random routes at RATE per second
 *   target N                         sessions report when present==N ('full')
 *   stats | quit
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MSG_MAX = 4096, HDR = 19, MAXSESS = 64, RXCAP = 1 << 18 };
enum { M_OPEN = 1, M_UPDATE, M_NOTIF, M_KEEPALIVE, M_RREFRESH };
enum state { S_IDLE, S_CONNECT, S_OPENSENT, S_OPENCONFIRM, S_ESTAB };

struct buf { uint8_t *p; size_t off, len, cap; };

struct sess {
	int idx, fd;
	enum state st;
	uint32_t local, id;
	struct buf tx;
	uint8_t *rx; size_t rxlen;
	uint64_t t_retry, t_ka, t_rx, t_first_upd;
	uint64_t msgs, upds, nlri, wdr, eors, other;
	uint64_t *bits; uint32_t present;
	uint32_t target; int target_on;
	unsigned hold; uint32_t peer_as; int four;
	int want_out, seen_first;
};

static struct {
	uint32_t connect, listen, local; int port;
	uint32_t as, peer_as, id; unsigned hold;
	uint32_t base, nh_base, H, pack, space;
	uint32_t lpref, originator, cluster[8]; int nclu, seq; uint32_t watch;
	uint32_t lc_a, lc_b; int lcomm, gr, plain, sessions, once, v6;
	double timeout;
} C = { .port = 179, .hold = 90, .as = 64512, .H = 1000, .pack = 10000,
	.space = 1 << 21, .lpref = 100, .lcomm = 1, .lc_a = 64512, .lc_b = 2,
	.sessions = 1, .timeout = 900, .watch = UINT32_MAX };

static struct sess S[MAXSESS];
static int ep = -1, lfd = -1, quit;
static uint64_t t_start;

/* What the injector is doing right now. */
static struct {
	int blast; const char *what; uint64_t t_first, t_last, bytes, msgs, routes;
	int ackwait;
} J;
static struct {
	int kind;		/* 0 none, 1 probe, 2 unprobe, 3 move, 4 flap */
	uint32_t first, count, done; uint64_t next; uint64_t ival;
	uint64_t t0, t1; double rate; uint64_t sent, stalled; uint64_t *down;
} T;

static uint64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

__attribute__((format(printf, 1, 2))) static void ev(const char *f, ...)
{
	va_list a;
	va_start(a, f);
	vprintf(f, a);
	va_end(a);
	putchar('\n');
	fflush(stdout);
}

static void die(const char *m) { fprintf(stderr, "bgpgen: %s: %s\n", m, strerror(errno)); exit(1); }

static uint64_t rng_s = 88172645463325252ull;
static uint64_t rng(void) { rng_s ^= rng_s << 13; rng_s ^= rng_s >> 7; rng_s ^= rng_s << 17; return rng_s; }

static uint8_t *room(struct buf *b, size_t n)
{
	if (b->off == b->len) b->off = b->len = 0;
	if (b->len + n > b->cap) {
		size_t c = b->cap ? b->cap : 65536;
		while (c < b->len + n) c *= 2;
		if (!(b->p = realloc(b->p, c))) die("realloc");
		b->cap = c;
	}
	return b->p + b->len;
}

static void p16(uint8_t *p, unsigned v) { p[0] = v >> 8; p[1] = v; }
static void p32(uint8_t *p, uint32_t v) { p[0] = v >> 24; p[1] = v >> 16; p[2] = v >> 8; p[3] = v; }
static unsigned g16(const uint8_t *p) { return p[0] << 8 | p[1]; }
static uint32_t g32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static void hdr(uint8_t *p, unsigned len, int type) { memset(p, 0xff, 16); p16(p + 16, len); p[18] = type; }

static void put_simple(struct sess *s, int type, const uint8_t *body, unsigned n)
{
	uint8_t *p = room(&s->tx, HDR + n);
	hdr(p, HDR + n, type);
	if (n) memcpy(p + HDR, body, n);
	s->tx.len += HDR + n;
}

static void put_open(struct sess *s)
{
	uint8_t b[64] = { 4 }, *c = b + 10, *q = c;
	p16(b + 1, C.as > 65535 ? 23456 : C.as);
	p16(b + 3, C.hold);
	p32(b + 5, s->id);
	*q++ = 2; *q++ = 6; *q++ = 1; *q++ = 4; *q++ = 0; *q++ = C.v6 ? 2 : 1; *q++ = 0; *q++ = 1;
	*q++ = 2; *q++ = 2; *q++ = 2; *q++ = 0;
	*q++ = 2; *q++ = 6; *q++ = 65; *q++ = 4; p32(q, C.as); q += 4;
	if (C.gr) {	/* graceful restart, 120 s, forwarding kept */
		*q++ = 2; *q++ = 8; *q++ = 64; *q++ = 6; p16(q, 120); q += 2;
		*q++ = 0; *q++ = C.v6 ? 2 : 1; *q++ = 1; *q++ = 0x80;
	}
	b[9] = q - c;
	put_simple(s, M_OPEN, b, q - b);
}

static void p128(uint8_t *p, int host, uint32_t low)
{
	memset(p, 0, 16);
	p[0] = 0xfd;
	if (host) { p[2] = 0x53; p[3] = 0x20; } else p[3] = 0x20;
	p32(p + 12, low);
}

/* The NLRI of route i; returns its length. */
static unsigned put_nlri(uint8_t *p, uint32_t low, int host)
{
	if (!C.v6) { p[0] = 32; p32(p + 1, low); return 5; }
	p[0] = 128; p128(p + 1, host, low);
	return 17;
}

static unsigned put_attrs(uint8_t *o, uint32_t nh, uint32_t lc_b, uint32_t lc_c, int ibgp)
{
	uint8_t *q = o;
	*q++ = 0x40; *q++ = 1; *q++ = 1; *q++ = 0;
	*q++ = 0x40; *q++ = 2;
	if (ibgp) *q++ = 0;
	else { *q++ = 6; *q++ = 2; *q++ = 1; p32(q, C.as); q += 4; }
	if (!C.v6) { *q++ = 0x40; *q++ = 3; *q++ = 4; p32(q, nh); q += 4; }
	if (ibgp) { *q++ = 0x40; *q++ = 5; *q++ = 4; p32(q, C.lpref); q += 4; }
	if (ibgp && C.originator && !C.plain) { *q++ = 0x80; *q++ = 9; *q++ = 4; p32(q, C.originator); q += 4; }
	if (ibgp && C.nclu && !C.plain) {
		*q++ = 0x80; *q++ = 10; *q++ = 4 * C.nclu;
		for (int i = 0; i < C.nclu; i++, q += 4) p32(q, C.cluster[i]);
	}
	if (C.lcomm) {
		*q++ = 0xc0; *q++ = 32; *q++ = 12;
		p32(q, C.lc_a); p32(q + 4, lc_b); p32(q + 8, lc_c); q += 12;
	}
	return q - o;
}

/* One UPDATE with NLRI i, i+step, ... below limit; returns the first i left out. */
static uint32_t put_update(struct sess *s, uint32_t nh, uint32_t lc_b, uint32_t lc_c, uint32_t i, uint32_t limit, uint32_t step, unsigned max, int host)
{
	uint8_t at[192];
	unsigned al = put_attrs(at, nh, lc_b, lc_c, C.as == C.peer_as), n = C.v6 ? 17 : 5;
	uint8_t *p = room(&s->tx, MSG_MAX), *q = p + HDR + 4, *mp = NULL;
	if (C.v6) {	/* MP_REACH_NLRI first, with an extended length filled in below */
		mp = q;
		*q++ = 0x90; *q++ = 14; q += 2; p16(q, 2); q[2] = 1; q[3] = 16; p128(q + 4, 0, nh); q[20] = 0; q += 21;
	} else { memcpy(q, at, al); q += al; }
	unsigned fit = (MSG_MAX - (q - p) - (C.v6 ? al : 0)) / n;
	if (fit > max) fit = max;
	for (unsigned k = 0; k < fit && i < limit; k++, i += step) q += put_nlri(q, i, host);
	p16(p + HDR, 0);
	if (C.v6) {
		p16(mp + 2, q - mp - 4);
		memcpy(q, at, al); q += al;
		p16(p + HDR + 2, q - mp);
	} else p16(p + HDR + 2, al);
	hdr(p, q - p, M_UPDATE);
	s->tx.len += q - p;
	return i;
}

/* Append UPDATEs for routes first..first+count-1, grouped by next hop. */
static uint64_t gen_announce(struct sess *s, uint32_t first, uint32_t count, uint32_t shift)
{
	uint64_t msgs = 0;
	if (C.seq && count > 1) {	/* worst case: one route per UPDATE, next hops alternate */
		for (uint32_t i = 0; i < count; i++) msgs += gen_announce(s, first + i, 1, shift);
		return msgs;
	}
	uint32_t H = C.H < count ? C.H : count;
	if (H < C.H) H = C.H;
	for (uint32_t h = count == 1 ? first % H : 0; h < H; h++) {
		uint32_t i = first + (h + H - first % H) % H;
		if (i - first >= count) continue;
		uint32_t nhi = (h + shift) % C.H;
		for (; i - first < count; msgs++)
			i = put_update(s, C.nh_base + nhi, C.lc_b, nhi + 1, i + C.base, first + count + C.base, H, C.pack, 1) - C.base;
		if (count == 1) break;
	}
	return msgs;
}

/* One-route UPDATEs that say in which site each next hop is. */
static uint64_t gen_nodes(struct sess *s)
{
	for (uint32_t h = 0; h < C.H; h++) put_update(s, C.nh_base + h, 1, 1, C.nh_base + h, C.nh_base + h + 1, 1, 1, 0);
	return C.H;
}

static uint64_t gen_withdraw(struct sess *s, uint32_t first, uint32_t count)
{
	uint64_t msgs = 0;
	unsigned fit = (MSG_MAX - HDR - 4 - (C.v6 ? 7 : 0)) / (C.v6 ? 17 : 5);
	if (fit > C.pack) fit = C.pack;
	for (uint32_t i = 0; i < count; msgs++) {
		uint8_t *p = room(&s->tx, MSG_MAX), *q = p + HDR + (C.v6 ? 4 : 2), *mp = q;
		unsigned k = 0;
		if (C.v6) { *q++ = 0x90; *q++ = 15; q += 2; p16(q, 2); q[2] = 1; q += 3; }
		for (; k < fit && i < count; k++, i++) q += put_nlri(q, C.base + first + i, 1);
		if (C.v6) { p16(p + HDR, 0); p16(p + HDR + 2, q - mp); p16(mp + 2, q - mp - 4); }
		else { p16(p + HDR, 5 * k); p16(q, 0); q += 2; }
		hdr(p, q - p, M_UPDATE);
		s->tx.len += q - p;
	}
	return msgs;
}

static void put_eor(struct sess *s)
{
	static const uint8_t v4[4], v6[10] = { 0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1 };
	put_simple(s, M_UPDATE, C.v6 ? v6 : v4, C.v6 ? sizeof v6 : sizeof v4);
}

/* ---- sessions ---- */

static void ep_set(struct sess *s, int out)
{
	struct epoll_event e = { .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.u32 = s->idx };
	if (s->want_out == out) return;
	s->want_out = out;
	epoll_ctl(ep, EPOLL_CTL_MOD, s->fd, &e);
}

static void sess_close(struct sess *s, const char *why)
{
	if (s->st >= S_OPENSENT || s->st == S_CONNECT)
		if (s->st != S_CONNECT)
			ev("{\"ev\":\"closed\",\"sess\":%d,\"t\":%" PRIu64 ",\"state\":%d,\"why\":\"%s\"}", s->idx, now(), s->st, why);
	if (s->fd >= 0) close(s->fd);
	s->fd = -1; s->st = S_IDLE; s->rxlen = 0; s->tx.off = s->tx.len = 0;
	s->present = 0; s->seen_first = 0; s->t_first_upd = 0;
	memset(s->bits, 0, C.space / 8);
	s->t_retry = now() + 20000000ull;
	if (s->idx == 0) { J.blast = J.ackwait = 0; if (T.kind) { T.kind = 0; ev("{\"ev\":\"aborted\"}"); } }
	if (C.once) quit = 1;
}

static void sock_opts(int fd)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void ep_add(struct sess *s, int out)
{
	struct epoll_event e = { .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.u32 = s->idx };
	s->want_out = out;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e)) die("epoll_ctl");
}

static void flush_tx(struct sess *s);

static void start_open(struct sess *s)
{
	s->st = S_OPENSENT; s->t_rx = s->t_ka = now();
	put_open(s);
	flush_tx(s);
}

static void sess_connect(struct sess *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0) die("socket");
	int one = 1;
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	sock_opts(s->fd);
	if (s->local) {
		a.sin_addr.s_addr = htonl(s->local);
		if (bind(s->fd, (void *)&a, sizeof a)) die("bind");
	}
	a.sin_addr.s_addr = htonl(C.connect); a.sin_port = htons(C.port);
	s->st = S_CONNECT;
	s->t_rx = now();
	if (connect(s->fd, (void *)&a, sizeof a) && errno != EINPROGRESS) { sess_close(s, "connect"); return; }
	ep_add(s, 1);
}

static void flush_tx(struct sess *s)
{
	while (s->tx.off < s->tx.len) {
		uint64_t t = 0;
		if (s->idx == 0 && J.blast && !J.t_first) t = now();
		ssize_t n = send(s->fd, s->tx.p + s->tx.off, s->tx.len - s->tx.off, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR) continue;
			if (errno == EAGAIN) { ep_set(s, 1); return; }
			sess_close(s, strerror(errno));
			return;
		}
		if (t) J.t_first = t;
		s->tx.off += n;
		s->t_ka = now();
	}
	ep_set(s, 0);
	if (s->idx == 0 && J.blast) {
		J.t_last = now(); J.blast = 0; J.ackwait = 1;
		ev("{\"ev\":\"sent\",\"what\":\"%s\",\"t_first\":%" PRIu64 ",\"t_last\":%" PRIu64 ",\"routes\":%" PRIu64 ",\"msgs\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
		   J.what, J.t_first, J.t_last, J.routes, J.msgs, J.bytes);
	}
}

static void mark(struct sess *s, uint32_t ip, int up)
{
	uint32_t i = ip - C.base;
	if (i >= C.space) { s->other++; return; }
	if (i >= C.watch) ev("{\"ev\":\"got\",\"sess\":%d,\"up\":%d,\"i\":%u,\"t\":%" PRIu64 "}", s->idx, up, i, now());
	uint64_t m = 1ull << (i & 63), *w = &s->bits[i >> 6];
	if (up) { if (!(*w & m)) { *w |= m; s->present++; } }
	else if (*w & m) { *w &= ~m; s->present--; }
}

static const uint8_t *nlris(struct sess *s, const uint8_t *p, const uint8_t *e, int up)
{
	while (p < e) {
		unsigned l = *p++, n = (l + 7) / 8;
		if (l > 32 || p + n > e) return NULL;
		if (l == 32) mark(s, g32(p), up); else s->other++;
		if (up) s->nlri++; else s->wdr++;
		p += n;
	}
	return p;
}

static void got_update(struct sess *s, const uint8_t *p, unsigned n)
{
	const uint8_t *e = p + n;
	s->upds++;
	if (n < 4) { sess_close(s, "short update"); return; }
	unsigned wl = g16(p);
	if (wl + 4 > n) { sess_close(s, "bad withdrawn length"); return; }
	unsigned al = g16(p + 2 + wl);
	if (wl + 4 + al > n) { sess_close(s, "bad attribute length"); return; }
	const uint8_t *at = p + 4 + wl;
	if (!wl && !al && n == 4) {
		s->eors++;
		ev("{\"ev\":\"eor\",\"sess\":%d,\"t\":%" PRIu64 ",\"present\":%u}", s->idx, now(), s->present);
		return;
	}
	if (!s->t_first_upd) s->t_first_upd = now();
	if (al && !s->seen_first) {
		char hex[601]; unsigned k = al < 300 ? al : 300;
		for (unsigned i = 0; i < k; i++) sprintf(hex + 2 * i, "%02x", at[i]);
		s->seen_first = 1;
		if (s->idx == 0) ev("{\"ev\":\"first_update\",\"sess\":%d,\"t\":%" PRIu64 ",\"attrs\":\"%s\"}", s->idx, s->t_first_upd, hex);
	}
	if (!nlris(s, p + 2, p + 2 + wl, 0) || !nlris(s, at + al, e, 1)) { sess_close(s, "bad nlri"); return; }
	if (s->target_on && s->present == s->target) {
		s->target_on = 0;
		ev("{\"ev\":\"full\",\"sess\":%d,\"t\":%" PRIu64 ",\"present\":%u,\"t_first_upd\":%" PRIu64 ",\"updates\":%" PRIu64 ",\"nlri\":%" PRIu64 ",\"wdr\":%" PRIu64 "}",
		   s->idx, now(), s->present, s->t_first_upd, s->upds, s->nlri, s->wdr);
	}
}

static void got_open(struct sess *s, const uint8_t *p, unsigned n)
{
	if (n < 10 || p[0] != 4) { sess_close(s, "bad open"); return; }
	s->peer_as = g16(p + 1); s->four = 0;
	unsigned h = g16(p + 3), mp = 0;
	s->hold = h < C.hold ? h : C.hold;
	for (unsigned i = 10; i + 2 <= n; ) {
		unsigned t = p[i], l = p[i + 1];
		if (i + 2 + l > n) break;
		if (t == 2)
			for (unsigned j = i + 2; j + 2 <= i + 2 + l; j += 2 + p[j + 1]) {
				if (j + 2 + p[j + 1] > i + 2 + l) break;
				if (p[j] == 65 && p[j + 1] == 4) { s->four = 1; s->peer_as = g32(p + j + 2); }
				if (p[j] == 1 && p[j + 1] == 4 && g32(p + j + 2) == 0x00010001) mp = 1;
			}
		i += 2 + l;
	}
	if (!s->four) { sess_close(s, "peer lacks 4-octet AS"); return; }
	if (s->peer_as != C.peer_as) { sess_close(s, "unexpected peer AS"); return; }
	ev("{\"ev\":\"open\",\"sess\":%d,\"t\":%" PRIu64 ",\"peer_as\":%u,\"hold\":%u,\"mp_ipv4\":%u}", s->idx, now(), s->peer_as, s->hold, mp);
	put_simple(s, M_KEEPALIVE, NULL, 0);
	s->st = S_OPENCONFIRM;
	flush_tx(s);
}

static void got_msg(struct sess *s, int type, const uint8_t *p, unsigned n)
{
	s->msgs++;
	switch (type) {
	case M_OPEN: if (s->st == S_OPENSENT) got_open(s, p, n); else sess_close(s, "open in wrong state"); break;
	case M_KEEPALIVE:
		if (s->st == S_OPENCONFIRM) {
			s->st = S_ESTAB;
			ev("{\"ev\":\"established\",\"sess\":%d,\"t\":%" PRIu64 "}", s->idx, now());
		}
		break;
	case M_UPDATE: if (s->st == S_ESTAB) got_update(s, p, n); break;
	case M_NOTIF:
		ev("{\"ev\":\"notification\",\"sess\":%d,\"t\":%" PRIu64 ",\"code\":%d,\"sub\":%d}", s->idx, now(), n ? p[0] : -1, n > 1 ? p[1] : -1);
		sess_close(s, "notification");
		break;
	case M_RREFRESH: ev("{\"ev\":\"route_refresh\",\"sess\":%d,\"t\":%" PRIu64 "}", s->idx, now()); break;
	default: sess_close(s, "unknown message type");
	}
}

static void sess_read(struct sess *s)
{
	for (int round = 0; round < 8; round++) {
		ssize_t r = recv(s->fd, s->rx + s->rxlen, RXCAP - s->rxlen, 0);
		if (r == 0) { sess_close(s, "eof"); return; }
		if (r < 0) {
			if (errno == EAGAIN) return;
			if (errno == EINTR) continue;
			sess_close(s, strerror(errno));
			return;
		}
		s->t_rx = now();
		s->rxlen += r;
		size_t o = 0;
		while (s->rxlen - o >= HDR) {
			const uint8_t *m = s->rx + o;
			unsigned l = g16(m + 16);
			if (l < HDR || l > MSG_MAX) { sess_close(s, "bad message length"); return; }
			if (s->rxlen - o < l) break;
			got_msg(s, m[18], m + HDR, l - HDR);
			if (s->fd < 0) return;
			o += l;
		}
		memmove(s->rx, s->rx + o, s->rxlen - o);
		s->rxlen -= o;
	}
}

static void sess_event(struct sess *s, uint32_t e)
{
	if (s->fd < 0) return;
	if (s->st == S_CONNECT) {
		int err = 0; socklen_t l = sizeof err;
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &l);
		if (err) { sess_close(s, strerror(err)); return; }
		if (e & EPOLLOUT) start_open(s);
		return;
	}
	if (e & EPOLLOUT) flush_tx(s);
	if (s->fd >= 0 && (e & (EPOLLIN | EPOLLHUP | EPOLLERR))) sess_read(s);
}

static void do_accept(void)
{
	struct sockaddr_in a; socklen_t l = sizeof a;
	int fd = accept4(lfd, (void *)&a, &l, SOCK_CLOEXEC);
	if (fd < 0) return;
	for (int i = 0; i < C.sessions; i++)
		if (S[i].fd < 0) { S[i].fd = fd; sock_opts(fd); ep_add(&S[i], 0); start_open(&S[i]); return; }
	close(fd);
}

/* ---- commands ---- */

static void blast(const char *what, uint64_t msgs, uint64_t routes)
{
	struct sess *s = &S[0];
	J.what = what; J.blast = 1; J.ackwait = 0; J.t_first = J.t_last = 0;
	J.msgs = msgs; J.routes = routes; J.bytes = s->tx.len - s->tx.off;
	flush_tx(s);
}

static void command(char *l)
{
	struct sess *s = &S[0];
	char w[16] = "", md[8] = ""; unsigned a = 0, b = 0, c = 0; double r = 0, sec = 0;
	if (sscanf(l, "%15s", w) != 1) return;
	if (!strcmp(w, "quit")) { quit = 1; return; }
	if (!strcmp(w, "target") && sscanf(l, "%*s %u", &a) == 1) {
		for (int i = 0; i < C.sessions; i++) {
			S[i].target = a; S[i].target_on = S[i].present != a;
			if (!S[i].target_on) ev("{\"ev\":\"full\",\"sess\":%d,\"t\":%" PRIu64 ",\"present\":%u}", i, now(), a);
		}
		return;
	}
	if (!strcmp(w, "stats")) {
		for (int i = 0; i < C.sessions; i++)
			ev("{\"ev\":\"stats\",\"sess\":%d,\"t\":%" PRIu64 ",\"state\":%d,\"msgs\":%" PRIu64 ",\"updates\":%" PRIu64 ",\"nlri\":%" PRIu64 ",\"wdr\":%" PRIu64 ",\"other\":%" PRIu64 ",\"present\":%u}",
			   i, now(), S[i].st, S[i].msgs, S[i].upds, S[i].nlri, S[i].wdr, S[i].other, S[i].present);
		return;
	}
	if (s->st != S_ESTAB) { ev("{\"ev\":\"error\",\"why\":\"not established\"}"); return; }
	if (!strcmp(w, "nodes")) { gen_nodes(s); flush_tx(s); return; }
	if (!strcmp(w, "eor")) { put_eor(s); flush_tx(s); return; }	/* queues behind a blast */
	if (J.blast || T.kind) { ev("{\"ev\":\"error\",\"why\":\"busy\"}"); return; }
	if (!strcmp(w, "announce") && sscanf(l, "%*s %u %u %u", &a, &b, &c) >= 2) blast("announce", gen_announce(s, a, b, c), b);
	else if (!strcmp(w, "withdraw") && sscanf(l, "%*s %u %u", &a, &b) == 2) blast("withdraw", gen_withdraw(s, a, b), b);
	else if ((!strcmp(w, "probe") || !strcmp(w, "unprobe")) && sscanf(l, "%*s %u %u %u", &a, &b, &c) == 3) {
		memset(&T, 0, sizeof T);
		T.kind = w[0] == 'p' ? 1 : 2; T.first = a; T.count = b; T.ival = c * 1000ull; T.next = now() + T.ival;
	} else if (!strcmp(w, "churn") && sscanf(l, "%*s %u %u %lf %lf %7s", &a, &b, &r, &sec, md) == 5 && b && sec <= 3600) {
		free(T.down);
		memset(&T, 0, sizeof T);
		T.kind = md[0] == 'm' ? 3 : 4; T.first = a; T.count = b; T.rate = r;
		T.t0 = now(); T.t1 = T.t0 + sec * 1e9;
		if (!(T.down = calloc(b / 64 + 1, 8))) die("calloc");
	} else ev("{\"ev\":\"error\",\"why\":\"bad command\"}");
}

static void tick_traffic(uint64_t t)
{
	struct sess *s = &S[0];
	if (T.kind == 1 || T.kind == 2) {
		if (t < T.next) return;
		uint32_t i = T.first + T.done;
		if (T.kind == 1) gen_announce(s, i, 1, 0); else gen_withdraw(s, i, 1);
		uint64_t t0 = now();
		flush_tx(s);
		ev("{\"ev\":\"probe\",\"up\":%d,\"i\":%u,\"t\":%" PRIu64 "}", T.kind == 1, i, t0);
		T.next = now() + T.ival / 2 + rng() % (T.ival + 1);
		if (++T.done == T.count) { T.kind = 0; ev("{\"ev\":\"probe_done\",\"n\":%u}", T.done); }
	} else if (T.kind >= 3) {
		uint64_t due = (t < T.t1 ? t - T.t0 : T.t1 - T.t0) * 1e-9 * T.rate;
		while (T.sent < due) {
			if (s->tx.len - s->tx.off > (1 << 20)) { T.stalled++; break; }
			uint32_t k = rng() % T.count;
			if (T.kind == 3) gen_announce(s, T.first + k, 1, 1 + rng() % (C.H > 1 ? C.H - 1 : 1));
			else {
				T.down[k >> 6] ^= 1ull << (k & 63);
				if (T.down[k >> 6] >> (k & 63) & 1) gen_withdraw(s, T.first + k, 1);
				else gen_announce(s, T.first + k, 1, 0);
			}
			T.sent++;
		}
		flush_tx(s);
		if (t >= T.t1 && (T.sent >= due || t > T.t1 + 30000000000ull)) {
			ev("{\"ev\":\"churn_done\",\"sent\":%" PRIu64 ",\"t0\":%" PRIu64 ",\"t\":%" PRIu64 ",\"stalled\":%" PRIu64 "}", T.sent, T.t0, now(), T.stalled);
			if (T.kind == 4) {	/* leave all routes announced */
				for (uint32_t k = 0; k < T.count; k++) if (T.down[k >> 6] >> (k & 63) & 1) gen_announce(s, T.first + k, 1, 0);
				flush_tx(s);
			}
			T.kind = 0;
		}
	}
}

static void tick(void)
{
	uint64_t t = now();
	for (int i = 0; i < C.sessions; i++) {
		struct sess *s = &S[i];
		if (s->st == S_IDLE && C.connect && t >= s->t_retry) sess_connect(s);
		if (s->st == S_CONNECT && t > s->t_rx + 2000000000ull) sess_close(s, "connect timeout");
		if (s->st < S_OPENSENT) continue;
		unsigned hold = s->st == S_ESTAB ? s->hold : 240;
		if (hold && t > s->t_rx + hold * 1000000000ull) {
			uint8_t n[2] = { 4, 0 };
			put_simple(s, M_NOTIF, n, 2); flush_tx(s);
			if (s->fd >= 0) sess_close(s, "hold timer expired");
			continue;
		}
		if (s->st == S_ESTAB && s->hold && t > s->t_ka + s->hold * 1000000000ull / 3 && s->tx.off == s->tx.len) {
			put_simple(s, M_KEEPALIVE, NULL, 0); flush_tx(s);
		}
	}
	if (J.ackwait) {
		int q = 1;
		if (S[0].fd < 0) J.ackwait = 0;
		else if (!ioctl(S[0].fd, SIOCOUTQ, &q) && q == 0) {
			J.ackwait = 0;
			ev("{\"ev\":\"acked\",\"what\":\"%s\",\"t\":%" PRIu64 "}", J.what, now());
		}
	}
	if (T.kind && S[0].st == S_ESTAB) tick_traffic(t);
}

static uint32_t ip(const char *s)
{
	struct in_addr a;
	if (inet_pton(AF_INET, s, &a) != 1) { fprintf(stderr, "bgpgen: bad address %s\n", s); exit(2); }
	return ntohl(a.s_addr);
}

static void usage(void)
{
	fputs("usage: bgpgen (--connect IP | --listen IP) --as N [--peer-as N] --id IP [--local IP]\n"
	      " [--port 179] [--hold 90] [--sessions K] [--base 10.0.0.0] [--nh-base IP] [--nexthops H]\n"
	      " [--pack K] [--local-pref N] [--originator IP] [--cluster IP]... [--lcomm A:B|none]\n"
	      " [--plain] [--gr] [--space N] [--once] [--order nh|seq] [--v6] [--watch IDX] [--timeout SEC]\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option o[] = {
		{"connect", 1, 0, 'c'}, {"listen", 1, 0, 'l'}, {"as", 1, 0, 'a'}, {"peer-as", 1, 0, 'A'},
		{"id", 1, 0, 'i'}, {"local", 1, 0, 'L'}, {"port", 1, 0, 'p'}, {"hold", 1, 0, 'h'},
		{"sessions", 1, 0, 's'}, {"base", 1, 0, 'b'}, {"nh-base", 1, 0, 'n'}, {"nexthops", 1, 0, 'H'},
		{"pack", 1, 0, 'k'}, {"local-pref", 1, 0, 'P'}, {"originator", 1, 0, 'O'}, {"cluster", 1, 0, 'C'},
		{"lcomm", 1, 0, 'm'}, {"plain", 0, 0, 'x'}, {"gr", 0, 0, 'g'}, {"space", 1, 0, 'S'},
		{"once", 0, 0, '1'}, {"order", 1, 0, 'o'}, {"watch", 1, 0, 'w'}, {"timeout", 1, 0, 't'}, {"v6", 0, 0, '6'}, {0}
	};
	int c;
	C.base = ip("10.0.0.0"); C.nh_base = ip("172.20.16.1");
	while ((c = getopt_long(argc, argv, "", o, 0)) != -1) switch (c) {
	case 'c': C.connect = ip(optarg); break;
	case 'l': C.listen = ip(optarg); break;
	case 'a': C.as = strtoul(optarg, 0, 10); break;
	case 'A': C.peer_as = strtoul(optarg, 0, 10); break;
	case 'i': C.id = ip(optarg); break;
	case 'L': C.local = ip(optarg); break;
	case 'p': C.port = atoi(optarg); break;
	case 'h': C.hold = atoi(optarg); break;
	case 's': C.sessions = atoi(optarg); break;
	case 'b': C.base = ip(optarg); break;
	case 'n': C.nh_base = ip(optarg); break;
	case 'H': C.H = strtoul(optarg, 0, 10); break;
	case 'k': C.pack = strtoul(optarg, 0, 10); break;
	case 'P': C.lpref = strtoul(optarg, 0, 10); break;
	case 'O': C.originator = ip(optarg); break;
	case 'C': if (C.nclu < 8) C.cluster[C.nclu++] = ip(optarg); break;
	case 'm':
		if (!strcmp(optarg, "none")) C.lcomm = 0;
		else if (sscanf(optarg, "%u:%u", &C.lc_a, &C.lc_b) != 2) usage();
		break;
	case 'x': C.plain = 1; break;
	case 'g': C.gr = 1; break;
	case 'S': C.space = (strtoul(optarg, 0, 10) + 63) & ~63u; break;
	case '1': C.once = 1; break;
	case 'w': C.watch = strtoul(optarg, 0, 10); break;
	case 'o': C.seq = !strcmp(optarg, "seq"); break;
	case '6': C.v6 = 1; break;
	case 't': C.timeout = atof(optarg); break;
	default: usage();
	}
	if (!C.peer_as) C.peer_as = C.as;
	if (!C.connect == !C.listen || C.sessions < 1 || C.sessions > MAXSESS || !C.id || !C.H || !C.pack || !C.space) usage();
	signal(SIGPIPE, SIG_IGN);
	t_start = now();
	rng_s ^= t_start;
	if ((ep = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll");
	for (int i = 0; i < C.sessions; i++) {
		struct sess *s = &S[i];
		s->idx = i; s->fd = -1; s->id = C.id + i; s->local = C.local ? C.local + i : 0;
		s->rx = malloc(RXCAP); s->bits = calloc(C.space / 64, 8);
		if (!s->rx || !s->bits) die("malloc");
	}
	if (C.listen) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(C.port) };
		int one = 1;
		a.sin_addr.s_addr = htonl(C.listen);
		lfd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		if (bind(lfd, (void *)&a, sizeof a) || listen(lfd, 64)) die("listen");
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = 1000 };
		epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e);
	}
	struct epoll_event e0 = { .events = EPOLLIN, .data.u32 = 1001 };
	int have_stdin = epoll_ctl(ep, EPOLL_CTL_ADD, 0, &e0) == 0;
	fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
	char line[512]; size_t ll = 0;
	(void)have_stdin;
	while (!quit) {
		struct epoll_event es[MAXSESS];
		int idle = 1;
		for (int i = 0; i < C.sessions; i++) if (S[i].st < S_ESTAB) idle = 0;
		int n = epoll_wait(ep, es, MAXSESS, J.ackwait || T.kind ? 1 : idle ? 200 : 10);
		if (n < 0 && errno != EINTR) die("epoll_wait");
		for (int i = 0; i < n; i++) {
			uint32_t k = es[i].data.u32;
			if (k == 1000) do_accept();
			else if (k == 1001) {
				char t[256]; ssize_t r = read(0, t, sizeof t);
				if (r == 0) quit = 1;	/* our driver went away */
				for (ssize_t j = 0; j < r; j++) {
					if (t[j] == '\n') { line[ll] = 0; command(line); ll = 0; }
					else if (ll < sizeof line - 1) line[ll++] = t[j];
				}
			} else sess_event(&S[k], es[i].events);
		}
		tick();
		if (now() - t_start > C.timeout * 1e9) { ev("{\"ev\":\"timeout\"}"); break; }
	}
	for (int i = 0; i < C.sessions; i++)
		if (S[i].st == S_ESTAB) {
			uint8_t nt[2] = { 6, 2 };
			put_simple(&S[i], M_NOTIF, nt, 2); flush_tx(&S[i]);
		}
	return 0;
}
