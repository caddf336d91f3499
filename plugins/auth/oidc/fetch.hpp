// fetch.hpp: one HTTP request to a provider: bounded in time and size, to addresses that may be reached, redirects
// never followed, so that a tenant's configuration makes this system talk to nobody else. Waits are for readiness; only
// names are resolved on the offload pool, two at once on the node, because the system's resolver blocks. On the worker
// of the call.
#pragma once

#include <socle/plugin.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "oidc/answer.hpp"
#include "oidc/stream.hpp"
#include "oidc/url.hpp"

namespace socle::oidc {

struct Wanted {
  std::string tenant;  // for whom
  Url url;
  std::string form;           // of a POST; "": GET
  std::string authorization;  // "": none
  std::size_t max_body = 0;
};

struct Fetched {
  int status = 0;
  std::string body;
};

struct FetchLimits {
  Reach reach = Reach::open;
  Duration time{};
  std::string ca_file;
};

class Fetcher {
 public:
  static constexpr unsigned per_tenant = 4;  // at once, a worker
  static constexpr unsigned in_all = 64;

  Fetcher(Host& host, FetchLimits limits);

  // The error says at which step it ended, for the log and for the tenant's administrator.
  Task<Result<Fetched>> send(std::shared_ptr<const Wanted> wanted);

 private:
  struct Worker {
    std::map<std::string, unsigned, std::less<>> busy;
    unsigned in_all = 0;
    TlsContext tls;
  };
  class Slot;
  Task<Result<Fetched>> exchange(const Wanted& wanted, const Address& address, Instant until);
  Task<Result<std::vector<Address>>> resolve(const Url& url, Instant until);
  [[nodiscard]] Worker& here() { return workers_[host_.worker()]; }

  Host& host_;
  FetchLimits limits_;
  std::vector<Worker> workers_;
  std::atomic<int> resolving_{0};
};

}  // namespace socle::oidc
