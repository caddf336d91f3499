// header.hpp (private): reading and judging JOSE headers before any key is touched.
#pragma once

#include <string>
#include <string_view>

#include "socle/jose/jws.hpp"

namespace socle::jose {

struct Header {
  json::Document protected_header;
  json::Document unprotected;
  Algorithm algorithm = Algorithm::hs256;
  std::string_view kid;  // of one of the documents
  bool encoded = true;   // RFC 7797: false when "b64" is
};

// A refusal in `verdict`, or `out` filled. Either text may be absent (""), not both. `protected_json` is decoded.
bool read_header(std::string_view protected_json, json::View unprotected, const Rules& rules, Header& out,
                 Verdict& verdict);

// Sets refusal and reason; false, for `return refuse(...)`.
bool refuse(Verdict& verdict, Refusal refusal, std::string reason);

}  // namespace socle::jose
