// content.hpp: contentEncoding and contentMediaType as assertions, for callers that ask for them. Pure functions.
#pragma once

#include <string_view>

namespace socle::schema {

// base64 and base16 (RFC 4648); other encodings are not judged.
bool is_encoded(std::string_view encoding, std::string_view text);
// application/json and +json, after decoding by `encoding` ("" for none); other types and encodings are not judged.
bool is_media(std::string_view media_type, std::string_view encoding, std::string_view text);

}  // namespace socle::schema
