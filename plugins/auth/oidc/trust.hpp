// trust.hpp: what providers say of themselves, as each worker remembers it: configuration and keys, fetched when they
// are first needed, again when they are old, and when a token names a key that is not among them; not more often than
// `retry`, also after a failure, so that neither bad tokens nor a provider that is down make this system fetch without
// end. Bounded, least recently used out first. On the worker of the call.
#pragma once

#include <list>
#include <unordered_map>

#include "core/got.hpp"
#include "oidc/discovery.hpp"
#include "oidc/fetch.hpp"
#include "oidc/id_token.hpp"

namespace socle::oidc {

using ProviderPtr = std::shared_ptr<const Provider>;
using MetadataPtr = std::shared_ptr<const Metadata>;
using KeysPtr = std::shared_ptr<const jose::KeySet>;

class Trust {
 public:
  Trust(Host& host, Fetcher& fetcher, Duration retry)
      : host_(host), fetcher_(fetcher), retry_(retry), workers_(host.worker_count() + 1) {}

  // The error is for the log and the tenant's administrator; its code says whether to try later.
  Task<Result<MetadataPtr>> metadata(std::string tenant, ProviderPtr provider);
  // `newer`: other ones than those known, if they may be asked for again by now; else those known.
  Task<Result<KeysPtr>> keys(std::string tenant, ProviderPtr provider, bool newer);
  // The verdict, after asking for newer keys where the present ones do not do.
  Task<Result<std::shared_ptr<const jose::Token>>> verify(std::string tenant, ProviderPtr provider, std::string token,
                                                          std::string nonce);
  void forget(std::string_view tenant, const Provider& provider);  // of this worker

 private:
  static constexpr std::size_t most = 1024;  // a worker
  struct Entry {
    std::string key;
    MetadataPtr metadata;
    KeysPtr keys;
    Instant metadata_until{}, keys_until{}, ask_again{};  // ask_again: for keys that are newer
    Instant failed_until{};
    Error failure;
  };
  struct Worker {
    std::list<Entry> recent;
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
  };
  Entry& entry(std::string_view tenant, const Provider& provider);
  Task<Result<std::string>> get(std::string tenant, const Provider& provider, const Url& url, std::size_t max_body);
  Error fail(std::string_view tenant, const Provider& provider, Error error);

  Host& host_;
  Fetcher& fetcher_;
  Duration retry_;
  std::vector<Worker> workers_;
};

}  // namespace socle::oidc
