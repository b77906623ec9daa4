/* Small netlink helpers shared by fibmon and fibload. */
#ifndef NL_H
#define NL_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static inline uint64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static inline void die(const char *m) { fprintf(stderr, "%s: %s\n", m, strerror(errno)); exit(1); }

static inline int nl_open(int rcvbuf)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (void *)&a, sizeof a)) die("netlink");
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
	if (rcvbuf) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof rcvbuf);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &rcvbuf, sizeof rcvbuf);
	}
	return fd;
}

static inline void nl_attr(uint8_t *m, int type, const void *d, unsigned n)
{
	struct nlmsghdr *h = (void *)m;
	struct rtattr *a = (void *)(m + NLMSG_ALIGN(h->nlmsg_len));
	a->rta_type = type; a->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(a), d, n);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Dump a family's main table; returns the number of routes, calls cb for each. */
static inline long nl_dump(int fd, int family, uint8_t *buf, size_t bufsz, void (*cb)(struct nlmsghdr *), long *reads)
{
	uint8_t m[64] = { 0 };
	struct nlmsghdr *h = (void *)m;
	struct rtmsg *r = NLMSG_DATA(h);
	uint32_t tbl = RT_TABLE_MAIN;
	long n = 0;
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = RTM_GETROUTE; h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP; h->nlmsg_seq = 1;
	r->rtm_family = family;
	nl_attr(m, RTA_TABLE, &tbl, 4);
	if (send(fd, m, h->nlmsg_len, 0) < 0) die("send dump");
	for (;;) {
		ssize_t k = recv(fd, buf, bufsz, 0);
		if (k < 0) { if (errno == EINTR) continue; die("recv dump"); }
		if (reads) ++*reads;
		for (h = (void *)buf; NLMSG_OK(h, k); h = NLMSG_NEXT(h, k)) {
			if (h->nlmsg_type == NLMSG_DONE) return n;
			if (h->nlmsg_type == NLMSG_ERROR) return -1;
			if (h->nlmsg_type == RTM_NEWROUTE) { n++; if (cb) cb(h); }
		}
	}
}
#endif
