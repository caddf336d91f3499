#include "oidc/fetch.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>

namespace socle::oidc {
namespace {

constexpr int most_resolving = 2;
constexpr std::size_t most_addresses = 2;  // tried
constexpr Duration a_moment = std::chrono::milliseconds(10);

// Blocks. Up to a few addresses of a name.
Result<std::vector<Address>> look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_UNSPEC;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found); error != 0)
    return Error{Code::unavailable, "resolve '" + name + "': " + gai_strerror(error)};
  std::vector<Address> out;
  for (const addrinfo* one = found; one != nullptr && out.size() < 16; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      std::uint8_t bytes[4];
      std::memcpy(bytes, &reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr, 4);
      out.push_back(address_of_v4(bytes));
    } else if (one->ai_family == AF_INET6) {
      Address address;
      std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6*>(one->ai_addr)->sin6_addr, 16);
      out.push_back(address);
    }
  }
  freeaddrinfo(found);
  return out;
}

std::string request_text(const Wanted& wanted) {
  std::string out(wanted.form.empty() ? "GET " : "POST ");
  out.append(wanted.url.target).append(" HTTP/1.1\r\nHost: ").append(wanted.url.authority());
  out.append("\r\nUser-Agent: socle\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nConnection: close\r\n");
  if (!wanted.authorization.empty()) out.append("Authorization: ").append(wanted.authorization).append("\r\n");
  if (!wanted.form.empty())
    out.append("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
        .append(std::to_string(wanted.form.size()))
        .append("\r\n");
  return out.append("\r\n").append(wanted.form);
}

Error at_step(const Wanted& wanted, Error error) {
  error.message =
      (wanted.form.empty() ? "GET " : "POST ") + wanted.url.origin() + wanted.url.target + ": " + error.message;
  return error;
}

}  // namespace

// One of the places that a tenant has on this worker, given back with the frame.
class Fetcher::Slot {
 public:
  Slot(Worker& worker, const std::string& tenant) : worker_(worker), tenant_(tenant) {
    auto& own = worker.busy[tenant];
    taken_ = own < per_tenant && worker.in_all < Fetcher::in_all;
    if (taken_) ++own, ++worker.in_all;
  }
  ~Slot() {
    const auto own = worker_.busy.find(tenant_);
    if (taken_) --own->second, --worker_.in_all;
    if (own->second == 0) worker_.busy.erase(own);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  Worker& worker_;
  std::string tenant_;
  bool taken_ = false;
};

Fetcher::Fetcher(Host& host, FetchLimits limits)
    : host_(host), limits_(std::move(limits)), workers_(host.worker_count() + 1) {}

Task<Result<std::vector<Address>>> Fetcher::resolve(const Url& url, Instant until) {
  if (const auto literal = read_address(url.host)) co_return std::vector<Address>(1, *literal);
  while (resolving_.load(std::memory_order_relaxed) >= most_resolving) {
    if (host_.now() > until) co_return Error{Code::unavailable, "too many names are being resolved"};
    if (auto slept = co_await host_.sleep(a_moment); !slept) co_return std::move(slept).error();
  }
  resolving_.fetch_add(1, std::memory_order_relaxed);
  const std::string name = url.host;
  auto work = [name] { return look_up(name); };
  auto found = co_await host_.offload(std::move(work));
  resolving_.fetch_sub(1, std::memory_order_relaxed);
  co_return found;
}

Task<Result<Fetched>> Fetcher::send(std::shared_ptr<const Wanted> wanted) {
  const Slot slot(here(), wanted->tenant);
  if (!slot.taken()) co_return at_step(*wanted, {Code::exhausted, "too many requests to providers are under way"});
  const Instant until = host_.now() + limits_.time;
  auto addresses = co_await resolve(wanted->url, until);
  if (!addresses) co_return at_step(*wanted, std::move(addresses).error());
  Error last{Code::denied, "the address is none that may be reached"};
  std::size_t tried = 0;
  for (const Address& address : *addresses) {
    if (!may_reach(limits_.reach, address) || (!wanted->url.tls && !is_loopback(address))) continue;
    if (tried++ == most_addresses) break;
    auto fetched = co_await exchange(*wanted, address, until);
    if (fetched) co_return fetched;
    last = std::move(fetched).error();
    if (last.code != Code::unavailable) break;
  }
  co_return at_step(*wanted, std::move(last));
}

Task<Result<Fetched>> Fetcher::exchange(const Wanted& wanted, const Address& address, Instant until) {
  Worker& worker = here();
  if (wanted.url.tls && !worker.tls) {
    auto made = client_tls(limits_.ca_file);
    if (!made) co_return std::move(made).error();
    worker.tls = *std::move(made);
  }
  Stream stream(host_);
  ssl_ctx_st* tls = wanted.url.tls ? worker.tls.get() : nullptr;
  auto opened = co_await stream.open(address, wanted.url.port, tls, wanted.url.host, until);
  if (!opened) co_return std::move(opened).error();
  const std::string text = request_text(wanted);
  if (auto sent = co_await stream.write(text, until); !sent) co_return std::move(sent).error();
  Answer answer(wanted.max_body);
  for (;;) {
    auto bytes = co_await stream.read(until);
    // A request that was sent may have been carried out: nobody sends it again.
    if (!bytes) co_return Error{Code::internal, bytes.error().message};
    if (bytes->empty()) {
      if (auto ended = answer.finish(); !ended) co_return std::move(ended).error();
      break;
    }
    auto whole = answer.feed(*bytes);
    if (!whole) co_return std::move(whole).error();
    if (*whole) break;
  }
  Fetched out;
  out.status = answer.status();
  out.body = answer.take_body();
  co_return out;
}

}  // namespace socle::oidc
