// media.cpp: see the header.
#include "content/media.hpp"

#include <algorithm>
#include <array>

namespace socle::blob {
namespace {

struct Signature {
  std::string_view bytes;
  std::size_t at;
  std::string_view media;
};
using namespace std::string_view_literals;
constexpr std::array signatures{
    Signature{"\x89PNG\r\n\x1a\n"sv, 0, "image/png"},
    Signature{"\xff\xd8\xff"sv, 0, "image/jpeg"},
    Signature{"GIF87a"sv, 0, "image/gif"},
    Signature{"GIF89a"sv, 0, "image/gif"},
    Signature{"WEBPVP"sv, 8, "image/webp"},
    Signature{"ftypavif"sv, 4, "image/avif"},
    Signature{"ftyphei"sv, 4, "image/heic"},
    Signature{"II*\0"sv, 0, "image/tiff"},
    Signature{"MM\0*"sv, 0, "image/tiff"},
    Signature{"%PDF-"sv, 0, "application/pdf"},
    Signature{"PK\3\4"sv, 0, "application/zip"},
    Signature{"PK\5\6"sv, 0, "application/zip"},
    Signature{"\x1f\x8b\x08"sv, 0, "application/gzip"},
    Signature{"7z\xbc\xaf\x27\x1c"sv, 0, "application/x-7z-compressed"},
    Signature{"Rar!\x1a\7"sv, 0, "application/vnd.rar"},
    Signature{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, 0, "application/x-ole-storage"},
    Signature{"ftyp"sv, 4, "video/mp4"},
    Signature{"\x1a\x45\xdf\xa3"sv, 0, "video/webm"},
    Signature{"OggS\0"sv, 0, "application/ogg"},
    Signature{"ID3"sv, 0, "audio/mpeg"},
    Signature{"WAVEfmt "sv, 8, "audio/wav"},
    Signature{"\x7f\x45LF"sv, 0, "application/x-executable"},
    Signature{"MZ"sv, 0, "application/vnd.microsoft.portable-executable"},
};
// What makes a browser take a text for HTML, after white space.
constexpr std::array html{"<!doctype html"sv, "<html"sv, "<head"sv,  "<script"sv, "<iframe"sv, "<body"sv,
                          "<table"sv,         "<div"sv,  "<style"sv, "<a "sv,     "<br"sv,     "<p>"sv};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool textual(std::string_view media) {
  return media.starts_with("text/") || media.ends_with("+json") || media.ends_with("+xml") ||
         media == "application/json" || media == "application/xml" || media == "application/yaml" ||
         media == "application/x-ndjson";
}

// Formats that begin as another one does.
bool built_on(std::string_view media, std::string_view base) {
  if (base == "application/zip")
    return media.starts_with("application/vnd.openxmlformats-officedocument.") ||
           media.starts_with("application/vnd.oasis.opendocument.") || media == "application/epub+zip" ||
           media == "application/java-archive" || media == "application/vnd.android.package-archive" ||
           media == "application/x-zip-compressed";
  if (base == "application/x-ole-storage")
    return media == "application/msword" || media.starts_with("application/vnd.ms-");
  if (base == "video/mp4") return media == "audio/mp4" || media == "video/quicktime" || media == "audio/x-m4a";
  if (base == "video/webm") return media == "video/x-matroska" || media == "audio/webm";
  if (base == "application/ogg") return media == "audio/ogg" || media == "video/ogg";
  if (base == "application/gzip") return media == "application/x-gzip";
  if (base == "image/heic") return media == "image/heif";
  return false;
}

bool has_signature(std::string_view media) {
  return std::any_of(signatures.begin(), signatures.end(),
                     [&](const Signature& one) { return one.media == media || built_on(media, one.media); }) &&
         media != "audio/mpeg";  // mostly begins without an ID3 tag
}

}  // namespace

std::string_view sniff(std::string_view head) {
  for (const auto& one : signatures)
    if (head.size() >= one.at && head.substr(one.at).starts_with(one.bytes)) return one.media;
  auto text = head;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && std::string_view(" \t\r\n\f").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  for (const auto tag : html)
    if (begins(text, tag)) return "text/html";
  if (begins(text, "<svg")) return "image/svg+xml";
  if (begins(text, "<?xml")) return head.find("<svg") != std::string_view::npos ? "image/svg+xml" : "text/xml";
  return {};
}

std::string media_of(std::string_view content_type) {
  auto text = content_type.substr(0, content_type.find(';'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  std::string out;
  std::size_t slashes = 0;
  for (const char c : text) {
    const char l = lower(c);
    const bool token = (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') ||
                       std::string_view("!#$&-^_.+").find(l) != std::string_view::npos;
    if (l == '/')
      ++slashes;
    else if (!token)
      return {};
    out += l;
  }
  const bool whole = slashes == 1 && out.front() != '/' && out.back() != '/' && out.size() <= 127;
  return whole ? out : std::string();
}

std::string settle(std::string_view declared, std::string_view head) {
  const auto found = sniff(head);
  if (declared.empty() || declared == "application/octet-stream")
    return std::string(found.empty() ? "application/octet-stream"sv : found);
  if (declared == found || built_on(declared, found)) return std::string(declared);
  if (has_signature(declared)) return {};
  if (textual(declared)) {
    const bool wide = head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff");  // UTF-16
    const bool binary = found == "application/pdf" || (!wide && head.find('\0') != std::string_view::npos);
    return binary ? std::string() : std::string(declared);
  }
  // A type without a signature of ours is believed, unless the bytes are a known other one.
  return found.empty() ? std::string(declared) : std::string();
}

bool admitted(std::string_view media, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return true;
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern == "*/*" || pattern == media) return true;
    return pattern.ends_with("/*") && media.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

bool harmless_inline(std::string_view media) {
  constexpr std::array shown{"image/png"sv,  "image/jpeg"sv, "image/gif"sv,
                             "image/webp"sv, "image/avif"sv, "application/pdf"sv};
  return std::find(shown.begin(), shown.end(), media) != shown.end();
}

}  // namespace socle::blob
