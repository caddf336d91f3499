// restore.hpp: a backup opened for reading, from a scratch copy that is removed with it.
#pragma once

#include <memory>
#include <string>

#include "store/kv.hpp"

namespace socle::storage {

class OpenBackup {
 public:
  virtual ~OpenBackup() = default;
  virtual Kv& kv() = 0;
};

// The database's own way to open what its backup() wrote (rocks_open.cpp). `scratch` is created, filled and, with the
// result, removed. not_found: no backup there; data_loss: a file of it is damaged.
Result<std::unique_ptr<OpenBackup>> open_backup(const std::string& directory, const std::string& scratch);

}  // namespace socle::storage
