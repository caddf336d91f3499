// importer.hpp: models as files: what `socle model plan` and `apply` ask. One call takes some models; with dry_run it
// says what each would become, without it publishes them, but only if all of them can be.
#pragma once

#include "registry/publisher.hpp"

namespace socle::models {

class Importer {
 public:
  Importer(Host& host, Store& store, Publisher& publisher) : host_(host), store_(store), publisher_(publisher) {}
  // {"items":[{"kind","name","text","media"?,"version"?,"key"?,"signature"?}],"dry_run"?,"version"?}
  //   → {"items":[{"kind","name","action":"create|change|same|refused","version","from","hash",…}],"applied"}
  Task<Reply> import_models(Request request);
  // {"keys":[…]}: from now on every version of this tenant must be signed by one of them; [] ends that.
  Task<Reply> trust(Request request);

 private:
  Host& host_;
  Store& store_;
  Publisher& publisher_;
};

}  // namespace socle::models
