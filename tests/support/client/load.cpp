// load.cpp: the load client of the fairness test and the scheduler's benchmark.
//
//   socle_load WARM_MS MEASURE_MS GROUP...     GROUP = NAME,PORT,CONNECTIONS,PATH,closed,DEPTH
//                                                    or NAME,PORT,CONNECTIONS,PATH,fresh,1
//                                                    or NAME,PORT,CONNECTIONS,PATH,open,REQUESTS_A_SECOND
//                                                    or NAME,PORT,ADDRESSES,FILE,garbage,CONNECTS_A_SECOND
//
// A PATH with {N} in it names another number below N in each request: all of them, shuffled, and again. closed: each
// connection keeps DEPTH requests under way (pipelined). fresh: each asks once; then another takes its place. open:
// requests leave at their times whatever comes back, on the connections in turn, and a latency counts from the time a
// request was due; what a connection does not take while 64 KiB wait for it is dropped. garbage: connects, sends the
// bytes of FILE (-: what is no HTTP), and goes; from so many addresses of 127/8 in turn (0: the one). One JSON line a
// group: completed, other (answers that are not 200), unsent, and p50, p99, max in µs of what was completed while it
// measured. One thread, epoll.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::size_t most_unsent = 64 * 1024;  // bytes of an open loop's connection

std::int64_t now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000 * ms + t.tv_nsec;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "socle_load: %s\n", what.c_str());
  std::exit(2);
}

struct Group {
  std::string name, path, request, mode;
  int port = 0, connections = 0;
  double amount = 0;
  std::int64_t due = 0, every = 0;
  std::size_t turn = 0;
  std::vector<std::size_t> numbers;  // for {N} in the path
  std::size_t next_number = 0;
  std::uint64_t completed = 0, other = 0, offered = 0;
  std::vector<std::int64_t> latencies;
  [[nodiscard]] bool loops() const { return mode == "closed" || mode == "fresh"; }
};

struct Connection {
  Group* group = nullptr;
  int fd = -1;
  std::string in, out;
  std::deque<std::int64_t> due;  // of requests under way
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string request_of(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n"; }

std::string next_request(Group& g) {
  if (g.numbers.empty()) return g.request;
  const std::size_t open = g.path.find('{'), close = g.path.find('}');
  const std::string number = std::to_string(g.numbers[g.next_number++ % g.numbers.size()]);
  return request_of(g.path.substr(0, open) + number + g.path.substr(close + 1));
}

Group parse(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ',') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  if (words.size() != 6) fail("a group is NAME,PORT,CONNECTIONS,PATH,MODE,AMOUNT: " + text);
  Group g;
  g.name = words[0];
  g.port = std::atoi(words[1].c_str());
  g.connections = std::atoi(words[2].c_str());
  g.path = words[3];
  g.mode = words[4];
  g.amount = std::atof(words[5].c_str());
  if (const std::size_t open = g.path.find('{'); open != std::string::npos && g.mode != "garbage") {
    g.numbers.resize(std::strtoul(g.path.c_str() + open + 1, nullptr, 10));
    if (g.numbers.empty()) fail("no number in the braces of " + g.path);
    std::iota(g.numbers.begin(), g.numbers.end(), 0);
    std::shuffle(g.numbers.begin(), g.numbers.end(), std::mt19937(1));
  }
  g.request = request_of(g.path);
  if (g.mode == "garbage") g.request = g.path == "-" ? "\x16\x03\x01 garbage garbage\r\n\r\n" : content(g.path);
  if (!g.loops()) g.every = static_cast<std::int64_t>(1e9 / g.amount);
  return g;
}

// From 127.1.0.0 + source, or from where the system chooses.
int connect_to(int port, bool wait, std::uint32_t source = 0) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | (wait ? 0 : SOCK_NONBLOCK), 0);
  if (fd < 0) return -1;
  if (source > 0) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7F010000U + source);
    if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) fail("no such source address");
  }
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

class Load {
 public:
  Load(std::vector<Group> groups, std::int64_t warm, std::int64_t measure) : groups_(std::move(groups)) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (Group& g : groups_) {
      for (int i = 0; i < g.connections && g.mode != "garbage"; ++i) open(g);
    }
    begin_ = now();
    from_ = begin_ + warm;
    to_ = from_ + measure;
    for (Group& g : groups_) g.due = begin_;
    for (auto& c : connections_) {
      for (int i = 0; c->group->loops() && i < static_cast<int>(c->group->amount); ++i) send(*c, begin_);
    }
  }

  void run() {
    for (std::int64_t t = now(); t < to_; t = now()) {
      std::int64_t next = to_;
      for (Group& g : groups_) {
        if (g.loops()) continue;
        while (g.due <= t) {
          if (g.mode == "open") {
            offer(*of(g)[g.turn++ % of(g).size()], g.due);
          } else {
            garbage(g);
          }
          g.due += g.every;
        }
        if (g.mode == "open") {
          for (auto& c : of(g)) flush(*c);
        }
        // Many a millisecond leave in batches, so that this thread does not spin beside the others' requests.
        next = std::min(next, g.every < ms / 8 ? t + ms : g.due);
      }
      const std::int64_t wait = std::max<std::int64_t>(next - now(), 0);
      const timespec limit{wait / (1000 * ms), wait % (1000 * ms)};
      epoll_event events[128];
      const int n = epoll_pwait2(epoll_, events, 128, &limit, nullptr);
      for (int i = 0; i < n; ++i) read_from(*static_cast<Connection*>(events[i].data.ptr));
    }
    for (Group& g : groups_) report(g);
  }

 private:
  std::vector<std::unique_ptr<Connection>>& of(const Group& g) {
    return by_group_[static_cast<std::size_t>(&g - groups_.data())];
  }

  void open(Group& g) {
    by_group_.resize(groups_.size());
    auto c = std::make_unique<Connection>();
    c->group = &g;
    connect(*c, true);
    connections_.push_back(c.get());
    of(g).push_back(std::move(c));
  }

  void connect(Connection& c, bool wait) {
    c.fd = connect_to(c.group->port, wait);
    if (c.fd < 0) fail("no connection for " + c.group->name + ": " + std::strerror(errno));
    epoll_event event{};
    event.events = wait ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &c;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }

  // The next request of a `fresh` one. A reset: no port is kept from being used again.
  void renew(Connection& c, std::int64_t t) {
    const linger reset{1, 0};
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(c.fd);
    connect(c, false);
    send(c, t);
  }

  void send(Connection& c, std::int64_t due) {
    c.due.push_back(due);
    c.out += next_request(*c.group);
    flush(c);
  }

  void offer(Connection& c, std::int64_t due) {
    if (due >= from_ && due < to_) ++c.group->offered;
    if (c.out.size() > most_unsent) return;
    c.due.push_back(due);
    c.out += next_request(*c.group);
  }

  // What the server does not read waits here; the next answer tries again.
  void flush(Connection& c) {
    if (c.out.empty()) return;
    const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) c.out.erase(0, static_cast<std::size_t>(n));
    if (n < 0 && errno != EAGAIN) fail(c.group->name + ": the connection broke: " + std::strerror(errno));
  }

  void garbage(Group& g) {
    const std::uint32_t source =
        g.connections > 0 ? 1 + static_cast<std::uint32_t>(g.turn++ % static_cast<std::size_t>(g.connections)) : 0;
    const int fd = connect_to(g.port, false, source);
    if (fd < 0) {
      ++g.other;
      return;
    }
    if (::send(fd, g.request.data(), g.request.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) ++g.completed;
    thrown_.push_back(fd);
    if (thrown_.size() < 64) return;
    close(thrown_.front());
    thrown_.pop_front();
  }

  void read_from(Connection& c) {
    if (c.group->mode == "fresh") flush(c);  // it may be connected only now
    char bytes[64 * 1024];
    const ssize_t n = recv(c.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) fail(c.group->name + ": the server closed a connection");
    c.in.append(bytes, static_cast<std::size_t>(n));
    const std::int64_t t = now();
    std::size_t used = 0;
    int answers = 0;
    while (const std::size_t size = response(c.in, used)) {
      Group& g = *c.group;
      const bool good = c.in.compare(used, 12, "HTTP/1.1 200") == 0;
      if (t >= from_ && t < to_) {
        good ? ++g.completed : ++g.other;
        if (good) g.latencies.push_back(t - c.due.front());
      }
      c.due.pop_front();
      used += size;
      ++answers;
    }
    c.in.erase(0, used);
    if (answers > 0 && c.group->mode == "fresh") return renew(c, t);
    for (; answers > 0 && c.group->mode == "closed"; --answers) {
      c.due.push_back(t);
      c.out += next_request(*c.group);
    }
    flush(c);
  }

  // Bytes of the whole response at `at`; 0: it is not all there.
  static std::size_t response(const std::string& in, std::size_t at) {
    const std::size_t end = in.find("\r\n\r\n", at);
    if (end == std::string::npos) return 0;
    std::size_t length = 0;
    if (const std::size_t field = in.find("Content-Length: ", at); field < end)
      length = static_cast<std::size_t>(std::atoll(in.c_str() + field + 16));
    const std::size_t size = end + 4 - at + length;
    return in.size() - at < size ? 0 : size;
  }

  static void report(Group& g) {
    std::sort(g.latencies.begin(), g.latencies.end());
    const auto at = [&](double share) {
      if (g.latencies.empty()) return 0.0;
      const auto i = static_cast<std::size_t>(share * static_cast<double>(g.latencies.size() - 1));
      return static_cast<double>(g.latencies[i]) / 1e3;
    };
    std::printf(
        "{\"group\": \"%s\", \"completed\": %llu, \"other\": %llu, \"offered\": %llu, \"p50\": %.1f, \"p99\": %.1f, "
        "\"max\": %.1f}\n",
        g.name.c_str(), static_cast<unsigned long long>(g.completed), static_cast<unsigned long long>(g.other),
        static_cast<unsigned long long>(g.offered), at(0.5), at(0.99), at(1));
  }

  std::vector<Group> groups_;
  std::vector<Connection*> connections_;
  std::vector<std::vector<std::unique_ptr<Connection>>> by_group_;
  std::deque<int> thrown_;
  int epoll_ = -1;
  std::int64_t begin_ = 0, from_ = 0, to_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count < 4) fail("wanted: WARM_MS MEASURE_MS GROUP...");
  std::vector<Group> groups;
  for (int i = 3; i < count; ++i) groups.push_back(parse(words[i]));
  Load(std::move(groups), std::atoll(words[1]) * ms, std::atoll(words[2]) * ms).run();
}
