// probe.cpp: what the http11probe suite expects of a server under test, as a plugin: a page with validators, an echo of
// the body, of the request's headers and of its cookies. Test-only; no shipped system loads it.
#include <socle/plugin.hpp>

class Probe : public socle::Plugin {
 public:
  explicit Probe(socle::Host&) {}

  socle::Reply page(socle::Request) {
    return socle::Reply::text("OK").with_etag("\"probe-1\"").with("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  }

  socle::Reply post(socle::Request request) {
    const std::string_view type = request.header("content-type");
    return socle::Reply::other(type.empty() ? "application/octet-stream" : type, request.text());
  }

  socle::Reply echo(socle::Request request) {
    constexpr std::string_view prefix = "http.header.";
    const socle::Payload payload = request.payload();
    std::string out;
    for (std::uint32_t i = 0; i < payload.raw()->meta_count; ++i) {
      const socle_pair& pair = payload.raw()->meta[i];
      const std::string_view key(pair.key.data, pair.key.size);
      if (key.substr(0, prefix.size()) != prefix) continue;
      out.append(key.substr(prefix.size())).append(": ").append(pair.value.data, pair.value.size).append("\n");
    }
    return socle::Reply::text(out);
  }

  socle::Reply cookies(socle::Request request) {
    std::string out;
    for (std::string_view rest = request.header("cookie"); !rest.empty();) {
      const std::size_t end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
      if (const std::size_t equals = pair.find('='); equals != std::string_view::npos && equals > 0) {
        out.append(pair).append("\n");
      }
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return socle::Reply::text(out);
  }
};

SOCLE_PLUGIN(Probe, socle::service("probe", 1)
                        .method("page", &Probe::page)
                        .method("post", &Probe::post)
                        .method("echo", &Probe::echo)
                        .method("cookies", &Probe::cookies))
