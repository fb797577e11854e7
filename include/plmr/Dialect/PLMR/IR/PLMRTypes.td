//===- PLMRTypes.td - Types of the plmr dialect -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_PLMR_IR_PLMRTYPES_TD
#define PLMR_DIALECT_PLMR_IR_PLMRTYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "plmr/Dialect/PLMR/IR/PLMRAttrs.td"

class PLMR_Type<string name, string typeMnemonic>
    : TypeDef<PLMR_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def PLMR_PlacedType : PLMR_Type<"Placed", "placed"> {
  let summary = "A tensor that lives in tiles on a mesh";
  let description = [{
    A type of its own, since upstream passes drop or mangle the encoding of a
    tensor.

    Example: `!plmr.placed<tensor<64x172xf32>, [y, x]>`

    A batch is neither cut nor moved. What an operation says of the dimensions
    of its operands it says of one item, the value without the batch; it does
    the same to each item, with operands without a batch for all of them. If an
    operand has a batch, all results have it. A tile is that of one item.

    Example: `!plmr.placed<tensor<1x64x172xf32>, [batch, y, x]>`

    Constraints:
    - the tensor has a static shape and one split per dimension;
    - the factors of a split multiply to the dimension's extent.
  }];
  let parameters = (ins "::mlir::RankedTensorType":$tensor,
                        "::plmr::mesh::PlacementAttr":$placement);
  let extraClassDeclaration = [{
    ::plmr::Placement getHostPlacement() const {
      return getPlacement().getPlacement(getTensor().getShape());
    }
    /// The items of the batch, if there is one.
    std::optional<int64_t> getBatch() const;
    /// The type of an item, or this one without a batch.
    PlacedType getItemType() const;
    /// The type behind one more dimension of `extent`.
    PlacedType withLeadingDim(int64_t extent, SplitAttr split) const;
    /// The type without dimension `dim`.
    PlacedType withoutDim(unsigned dim) const;
    /// The type of an item's tile: the padded extents in memory order.
    ::mlir::RankedTensorType getTileType(::plmr::MeshShape mesh) const;
    PlacedType withPlacement(PlacementAttr placement) const {
      return get(getContext(), getTensor(), placement);
    }
  }];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def PLMR_TokenType : PLMR_Type<"Token", "token"> {
  let summary = "An asynchronous transfer that was started";
}

#endif // PLMR_DIALECT_PLMR_IR_PLMRTYPES_TD
