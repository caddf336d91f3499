// links.hpp: one-time links: whoever holds one may set the password of the user it was made for, once, until it ends.
// Kept as a hash in the user's tenant; a new one replaces those of before.
#pragma once

#include "core/settings.hpp"
#include "core/store.hpp"

namespace socle::auth {

struct Link {
  std::uint64_t revision = 0;
  std::string id, user, purpose;  // "invitation" or "reset"
  Milliseconds ends{};
};

class Links {
 public:
  Links(Host& host, Store& store, const Settings& settings) : host_(host), store_(store), settings_(settings) {}

  // The link's address: public_url, if set, and the path of the API that takes it.
  Task<Got<std::string>> make(Context context, std::string user, std::string purpose, std::string by);
  // revision 0: unknown, used or over.
  Task<Got<Link>> find(Context context, std::string secret);

 private:
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }
  Host& host_;
  Store& store_;
  const Settings& settings_;
};

}  // namespace socle::auth
