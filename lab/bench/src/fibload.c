/*
 * fibload - how many IPv4 /32 routes per second the kernel takes.
 *
 * Makes its own network namespace with a veth pair, then inserts, dumps,
 * replaces and deletes --n routes over --nexthops gateways through batched
 * RTNETLINK messages: --batch messages per send, NLM_F_ACK on the last only.
 *
 * --mode via    RTA_GATEWAY + RTA_OIF
 * --mode nhid   RTA_NH_ID of nexthop objects made beforehand
 * --threads T   T writers, each its own socket and share of the prefixes
 * --listen L    L extra threads subscribed to RTNLGRP_IPV4_ROUTE
 * --order seq|nh   prefixes ascending, or grouped by next hop (stride)
 * --order rev, --delete rev   by the last ten bits, these reversed
 * --delete seq|nh|N  order of the deletes, if another: N takes N ascending prefixes at a time and groups these by next hop
 * --pin         keep everything on one CPU (writer cost without parallelism)
 * --compat 0|1   net.ipv4.nexthop_compat_mode of the namespace (kernel default 1)
 * --keep        wait for Enter before the deletes (to look at the namespace)
 */
#include "nl.h"
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

static uint32_t N = 100000, H = 1000, batch = 64, threads = 1, listeners, stridden = 1;
static uint32_t delorder = UINT32_MAX;	/* 0 ascending, 1 by next hop, else so many ascending at a time, these by next hop */
static int nhid, oif, pin, keep; static const char *mode = "via";
static uint32_t base, nhbase, *revnth;
static volatile int lstop; static volatile uint64_t lcount[8]; static uint64_t lcpu[8], lenobufs[8];

struct job { uint32_t t; int op; uint32_t shift; uint64_t errs; int firsterr; };

static void reversed(void)	/* routes by the last ten bits of their addresses, these reversed */
{
	uint32_t k = 0;
	revnth = malloc(4 * N);
	for (uint32_t g = 0; g < 1024; g++) {
		uint32_t r = 0;
		for (int b = 0; b < 10; b++) r |= (g >> b & 1) << (9 - b);
		for (uint32_t i = r; i < N; i += 1024) revnth[k++] = i;
	}
}

static uint32_t perm(uint32_t k)	/* k-th route to write -> route number */
{
	if (stridden == 2) return revnth[k];
	if (!stridden || N <= H) return k;
	uint32_t per = N / H, h = k / per, j = k % per;
	return h < H ? j * H + h : k;
}

static uint32_t delperm(uint32_t k)
{
	if (delorder == UINT32_MAX) return perm(k);
	if (delorder == UINT32_MAX - 1) return revnth[k];
	if (delorder == 0 || N <= H) return k;
	uint32_t run = delorder == 1 ? N : delorder / H * H, from = k / run * run, left = N - from < run ? (N - from) / H * H : run;
	if (k - from >= left) return k;
	uint32_t per = left / H, h = (k - from) / per, j = (k - from) % per;
	return from + j * H + h;
}

static unsigned build(uint8_t *m, int op, uint32_t i, uint32_t shift, int ack)
{
	struct nlmsghdr *h = (void *)m;
	struct rtmsg *r = NLMSG_DATA(h);
	uint32_t dst = htonl(base + i), x;
	memset(m, 0, NLMSG_LENGTH(sizeof *r));
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = op == 2 ? RTM_DELROUTE : RTM_NEWROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | (ack ? NLM_F_ACK : 0) |
		(op == 0 ? NLM_F_CREATE | NLM_F_EXCL : op == 1 ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	h->nlmsg_seq = i + 1;
	r->rtm_family = AF_INET; r->rtm_dst_len = 32; r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = 200; r->rtm_type = RTN_UNICAST; r->rtm_scope = RT_SCOPE_UNIVERSE;
	nl_attr(m, RTA_DST, &dst, 4);
	if (op != 2) {
		if (nhid) { x = 1 + (i + shift) % H; nl_attr(m, RTA_NH_ID, &x, 4); }
		else {
			x = htonl(nhbase + (i + shift) % H); nl_attr(m, RTA_GATEWAY, &x, 4);
			x = oif; nl_attr(m, RTA_OIF, &x, 4);
		}
	} else r->rtm_scope = RT_SCOPE_NOWHERE;
	return NLMSG_ALIGN(h->nlmsg_len);
}

static void acks(int fd, struct job *j)
{
	static __thread uint8_t b[65536];
	for (;;) {
		ssize_t k = recv(fd, b, sizeof b, 0);
		if (k < 0) { if (errno == EINTR) continue; if (errno == ENOBUFS) { j->errs++; continue; } die("recv ack"); }
		int last = 0;
		for (struct nlmsghdr *h = (void *)b; NLMSG_OK(h, k); h = NLMSG_NEXT(h, k)) {
			if (h->nlmsg_type != NLMSG_ERROR) continue;
			struct nlmsgerr *e = NLMSG_DATA(h);
			if (e->error) { j->errs++; if (!j->firsterr) j->firsterr = -e->error; }
			if (e->msg.nlmsg_flags & NLM_F_ACK) last = 1;
		}
		if (last) return;
	}
}

static void *writer(void *p)
{
	struct job *j = p;
	int fd = nl_open(8 << 20);
	uint32_t lo = (uint64_t)N * j->t / threads, hi = (uint64_t)N * (j->t + 1) / threads;
	uint8_t *buf = malloc(batch * 96 + 4096);
	for (uint32_t k = lo; k < hi; ) {
		size_t len = 0;
		uint32_t c = 0;
		for (; c < batch && k < hi; c++, k++) len += build(buf + len, j->op, j->op == 2 ? delperm(k) : perm(k), j->shift, c == batch - 1 || k == hi - 1);
		if (send(fd, buf, len, 0) < 0) die("send");
		acks(fd, j);
	}
	free(buf);
	close(fd);
	return NULL;
}

static void *listener(void *p)
{
	long id = (long)p;
	enum { V = 64 };
	static __thread uint8_t mem[V][1024];
	struct iovec iov[V]; struct mmsghdr mm[V];
	struct timeval tv = { 0, 100000 };
	int fd = nl_open(1 << 30), g = RTNLGRP_IPV4_ROUTE;
	memset(mm, 0, sizeof mm);
	for (int i = 0; i < V; i++) { iov[i] = (struct iovec){ mem[i], 1024 }; mm[i].msg_hdr.msg_iov = &iov[i]; mm[i].msg_hdr.msg_iovlen = 1; }
	setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &g, sizeof g);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	while (!lstop) {
		int k = recvmmsg(fd, mm, V, MSG_WAITFORONE, NULL);
		if (k > 0) lcount[id] += k;
		else if (errno == ENOBUFS) lenobufs[id]++;
	}
	struct timespec ts;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	lcpu[id] = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	close(fd);
	return NULL;
}

static double cpu(int *sys)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	if (sys) *sys = r.ru_stime.tv_sec * 1000 + r.ru_stime.tv_usec / 1000;
	return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static double phase(int op, uint32_t shift, uint64_t *errs)
{
	pthread_t th[16]; struct job j[16];
	uint64_t t0 = now();
	memset(j, 0, sizeof j);
	for (uint32_t t = 0; t < threads; t++) {
		j[t].t = t; j[t].op = op; j[t].shift = shift;
		if (threads == 1) writer(&j[t]);
		else if (pthread_create(&th[t], NULL, writer, &j[t])) die("pthread");
	}
	for (uint32_t t = 0; t < threads; t++) {
		if (threads > 1) pthread_join(th[t], NULL);
		if (j[t].errs) fprintf(stderr, "fibload: op %d thread %u: %" PRIu64 " errors, first: %s\n", op, t, j[t].errs, strerror(j[t].firsterr));
		*errs += j[t].errs;
	}
	return (now() - t0) / 1e9;
}

static long slab_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "r"); char l[128]; long v = 0, x;
	while (fgets(l, sizeof l, f)) if (sscanf(l, "Slab: %ld", &x) == 1 || sscanf(l, "VmallocUsed: %ld", &x) == 1) v += x;
	fclose(f);
	return v;
}

static int nh_write(uint32_t id, uint32_t gw, int flags)
{
	uint8_t m[128] = { 0 };
	struct nlmsghdr *h = (void *)m; struct nhmsg *r = NLMSG_DATA(h);
	int fd = nl_open(0); struct job j = { 0 };
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r); h->nlmsg_type = RTM_NEWNEXTHOP;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | flags; h->nlmsg_seq = 1;
	r->nh_family = AF_INET; r->nh_protocol = 200;
	gw = htonl(gw);
	nl_attr(m, NHA_ID, &id, 4); nl_attr(m, NHA_OIF, &oif, 4); nl_attr(m, NHA_GATEWAY, &gw, 4);
	if (send(fd, m, h->nlmsg_len, 0) < 0) die("send nh");
	acks(fd, &j);
	close(fd);
	if (j.firsterr) fprintf(stderr, "fibload: nexthop %u: %s\n", id, strerror(j.firsterr));
	return j.firsterr;
}

static int sh(const char *c) { int r = system(c); if (r) { fprintf(stderr, "fibload: failed: %s\n", c); exit(1); } return r; }

int main(int argc, char **argv)
{
	static const struct option o[] = {
		{"n", 1, 0, 'n'}, {"nexthops", 1, 0, 'H'}, {"batch", 1, 0, 'b'}, {"threads", 1, 0, 't'},
		{"mode", 1, 0, 'm'}, {"listen", 1, 0, 'l'}, {"order", 1, 0, 'o'}, {"pin", 0, 0, 'p'},
		{"keep", 0, 0, 'k'}, {"dumpbuf", 1, 0, 'd'}, {"compat", 1, 0, 'c'}, {"delete", 1, 0, 'D'}, {0} };
	int c, compat = 1, dumpbuf = 1 << 18; uint64_t errs = 0;
	while ((c = getopt_long(argc, argv, "", o, 0)) != -1) switch (c) {
	case 'n': N = strtoul(optarg, 0, 10); break;
	case 'H': H = strtoul(optarg, 0, 10); break;
	case 'b': batch = strtoul(optarg, 0, 10); break;
	case 't': threads = strtoul(optarg, 0, 10); break;
	case 'm': mode = optarg; nhid = !strcmp(optarg, "nhid"); break;
	case 'l': listeners = strtoul(optarg, 0, 10); break;
	case 'o': stridden = !strcmp(optarg, "rev") ? 2 : !!strcmp(optarg, "seq"); break;
	case 'p': pin = 1; break;
	case 'k': keep = 1; break;
	case 'c': compat = atoi(optarg); break;
	case 'd': dumpbuf = atoi(optarg); break;
	case 'D': delorder = !strcmp(optarg, "seq") ? 0 : !strcmp(optarg, "nh") ? 1 : !strcmp(optarg, "rev") ? UINT32_MAX - 1 : strtoul(optarg, 0, 10); break;
	default: return 2;
	}
	if (!N || !H || !batch || batch > 20000 || !threads || threads > 16 || listeners > 8 || (delorder > 1 && delorder < H)) return 2;
	reversed();
	if (pin) { cpu_set_t s; CPU_ZERO(&s); CPU_SET(1, &s); sched_setaffinity(0, sizeof s, &s); }
	if (unshare(CLONE_NEWNET)) die("unshare");
	sh("ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up;"
	   "ip addr add 172.20.0.2/16 dev v0");
	if (!compat) sh("sysctl -qw net.ipv4.nexthop_compat_mode=0");
	FILE *f = popen("ip -o link show v0", "r");
	if (!f || fscanf(f, "%d", &oif) != 1) die("ifindex");
	pclose(f);
	base = ntohl(inet_addr("10.0.0.0")); nhbase = ntohl(inet_addr("172.20.16.1"));
	double nht = 0;
	if (nhid) {
		uint64_t t0 = now();
		for (uint32_t i = 0; i < H; i++) if (nh_write(1 + i, nhbase + i, NLM_F_EXCL)) return 1;
		nht = (now() - t0) / 1e9;
	}
	pthread_t lt[8];
	for (long l = 0; l < listeners; l++) pthread_create(&lt[l], NULL, listener, (void *)l);
	if (listeners) usleep(50000);
	long s0 = slab_kb(); double c0 = cpu(NULL);
	double ins = phase(0, 0, &errs);
	double c1 = cpu(NULL); long s1 = slab_kb();
	static uint8_t db[1 << 20];
	double dmp = 0; long dr = 0, dn = 0;
	for (int k = 0; k < 3; k++) {
		int fd = nl_open(0); uint64_t t0 = now(); dr = 0;
		dn = nl_dump(fd, AF_INET, db, dumpbuf, NULL, &dr);
		double d = (now() - t0) / 1e9;
		if (!k || d < dmp) dmp = d;
		close(fd);
	}
	double rep = phase(1, 1, &errs);
	double nhrep = 0;
	if (nhid) { uint64_t t0 = now(); nh_write(1, nhbase + H + 5, NLM_F_REPLACE); nhrep = (now() - t0) / 1e6; }
	if (keep) { fprintf(stderr, "pid %d keeps the netns; press enter\n", getpid()); getchar(); }
	double c2 = cpu(NULL), del = phase(2, 0, &errs);
	c2 = cpu(NULL) - c2;
	usleep(listeners ? 300000 : 0);
	lstop = 1;
	for (uint32_t l = 0; l < listeners; l++) pthread_join(lt[l], NULL);
	printf("{\"tool\":\"fibload\",\"n\":%u,\"nexthops\":%u,\"mode\":\"%s\",\"batch\":%u,\"threads\":%u,\"listeners\":%u,\"order\":\"%s\",\"pin\":%d,\"compat\":%d,"
	       "\"insert_s\":%.4f,\"insert_rps\":%.0f,\"insert_cpu_us_per_route\":%.3f,\"replace_s\":%.4f,\"replace_rps\":%.0f,\"delete_s\":%.4f,\"delete_rps\":%.0f,\"delete_cpu_us_per_route\":%.3f,"
	       "\"dump_s\":%.4f,\"dump_rps\":%.0f,\"dump_reads\":%ld,\"dump_routes\":%ld,\"slab_bytes_per_route\":%.0f,\"nh_create_s\":%.4f,\"nh_replace_ms\":%.2f,\"errors\":%" PRIu64 ","
	       "\"listener_msgs\":%" PRIu64 ",\"listener_us_per_msg\":%.3f,\"listener_enobufs\":%" PRIu64 "}\n",
	       N, H, mode, batch, threads, listeners, stridden == 2 ? "rev" : stridden ? "nh" : "seq", pin, compat, ins, N / ins, (c1 - c0) * 1e6 / N, rep, N / rep, del, N / del, c2 * 1e6 / N,
	       dmp, dn / dmp, dr, dn, (s1 - s0) * 1024.0 / N, nht, nhrep, errs,
	       lcount[0], lcount[0] ? lcpu[0] / 1e3 / lcount[0] : 0, lenobufs[0]);
	return errs != 0;
}
