// reader.hpp: GET /v1/audit: the entries of the caller's tenant, newest first, a page at a time. Whose they are comes
// from the context alone. Looking up blocks, and is done on the offload pool.
#pragma once

#include <socle/plugin.hpp>

#include "absorber.hpp"

namespace socle::audit {

class Reader {
 public:
  Reader(Host& host, Journal& journal, Absorber& absorber) : host_(host), journal_(journal), absorber_(absorber) {}
  Task<Reply> query(Request request);

 private:
  Host& host_;
  Journal& journal_;
  Absorber& absorber_;
};

}  // namespace socle::audit
