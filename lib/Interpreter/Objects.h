//===- Objects.h - The tiles of a module's objects --------------*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_LIB_INTERPRETER_OBJECTS_H
#define PLMR_LIB_INTERPRETER_OBJECTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "plmr/Dialect/PLMR/IR/PLMR.h"
#include "plmr/Interpreter/Interpreter.h"
#include "llvm/ADT/StringMap.h"

namespace plmr::interpreter {

/// Where the elements of a placed value live, on a mesh. A batch of one item is
/// that item.
struct TileMap {
  TileMap(mesh::PlacedType type, MeshShape mesh)
      : placement(type.getItemType().getHostPlacement()), mesh(mesh),
        tile(type.getTileType(mesh)) {}

  /// Calls `fn(tile element, element of the tensor or -1)` in memory order.
  void forEach(unsigned x, unsigned y,
               llvm::function_ref<void(int64_t, int64_t)> fn) const {
    placement.forEachElement(mesh, x, y, fn);
  }
  /// The tile of core (x, y) of a whole tensor; padding holds the pad value.
  Array scatter(llvm::ArrayRef<float> tensor, unsigned x, unsigned y) const;
  int64_t getNumElements() const;

  Placement placement;
  MeshShape mesh;
  mlir::RankedTensorType tile;
};

/// A tile of each object on each core, as cores hold them in memory. Cores
/// outside of the object's mesh have room for one, of which nothing is known.
class Objects {
public:
  /// Reads weights; everything else is zero, but for what is moved from another
  /// object later.
  static llvm::Expected<Objects> create(mlir::ModuleOp module);

  /// The mesh of the whole module.
  MeshShape getMesh() const { return mesh; }
  unsigned getCore(unsigned x, unsigned y) const {
    return y * mesh.columns + x;
  }
  /// The tile, or the slice `index` of it.
  llvm::Expected<Array> getTile(llvm::StringRef name, unsigned x, unsigned y,
                                std::optional<int64_t> index) const;
  /// Where the tensor of an object, or of a slice of it, lies on its mesh.
  llvm::Expected<TileMap> getMap(llvm::StringRef name, bool ofSlice) const;
  /// The tensor, or its slice `index`.
  llvm::Error write(llvm::StringRef name, llvm::ArrayRef<float> values,
                    std::optional<int64_t> index = std::nullopt);
  /// Fails if replicas differ.
  llvm::Expected<std::vector<float>>
  read(llvm::StringRef name, std::optional<int64_t> index = std::nullopt) const;
  /// From now on nothing is known of the tensor, or of its slice `index`.
  llvm::Error forget(llvm::StringRef name, std::optional<int64_t> index);

private:
  struct Entry {
    mesh::ObjectOp op;
    std::vector<Array> tiles; ///< by core of the module's mesh
  };
  llvm::Error load(mesh::ObjectOp op, class Sources &sources);
  /// Calls `fn(x, y, tile)` for each core of `mesh`, the object's.
  llvm::Error
  forEachTile(llvm::StringRef name, std::optional<int64_t> index,
              MeshShape mesh,
              llvm::function_ref<void(unsigned, unsigned, Array &)> fn) const;
  llvm::Expected<const Entry *> find(llvm::StringRef name) const;

  MeshShape mesh;
  llvm::StringMap<Entry> entries;
};

/// One environment for each core of the mesh, row-major.
std::vector<Environment> makeCores(MeshShape mesh);

llvm::Expected<mlir::func::FuncOp> findFunction(mlir::ModuleOp module,
                                                llvm::StringRef name);

/// Writes the inputs and sets the integer arguments, which `plmr.parameters`
/// names, on all cores.
llvm::Error startRun(mlir::func::FuncOp func, const Inputs &inputs,
                     Objects &objects,
                     llvm::MutableArrayRef<Environment> cores);

} // namespace plmr::interpreter

#endif // PLMR_LIB_INTERPRETER_OBJECTS_H
