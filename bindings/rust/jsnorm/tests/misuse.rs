// SPDX-License-Identifier: Apache-2.0
//! Whatever is wrong with a call, it is an Err with a message that names it, and no output changes.

use jsnorm::*;

const UNTOUCHED: f32 = -7.5;

fn cpu() -> Handle {
    Handle::new(Backend::CPU).unwrap()
}

/// Status and message of a forward call on a tensor of 2x3x4 that is set up by `set`.
fn refused<'a>(
    norm: &NormBuilder,
    layout: &'a Layout<f32>,
    y: &'a mut [f32],
    set: impl FnOnce(ForwardTraining<'a, f32>) -> ForwardTraining<'a, f32>,
) -> (Status, String) {
    static X: [f32; 24] = [1.5; 24];
    let norm = norm.build().unwrap();
    let operation = set(ForwardTraining::new(layout.of(&X), layout.of_mut(y)));
    let error = operation.run(&cpu(), &norm, &mut Workspace::new()).unwrap_err();
    (error.status(), error.message().to_owned())
}

fn packed() -> Layout<f32> {
    Layout::packed(&[2, 3, 4]).unwrap()
}

#[test]
fn a_slice_that_is_too_short_is_not_touched() {
    let (layout, mut y) = (packed(), [UNTOUCHED; 23]);
    let (status, message) = refused(&Norm::batch_norm(), &layout, &mut y, |call| call);
    assert_eq!(status, Status::BAD_PARAM_SIZE_INSUFFICIENT);
    assert_eq!(
        message,
        "jsnormForwardTraining: y has 23 elements, but its layout spans elements 0 to 24 of them"
    );
    assert_eq!(y, [UNTOUCHED; 23]);
}

#[test]
fn an_input_that_is_too_short_is_refused() {
    let (layout, mut y, z) = (packed(), [UNTOUCHED; 24], [0.0; 24]);
    let (status, message) =
        refused(&Norm::batch_norm(), &layout, &mut y, |call| call.z(layout.of(&z).beginning_at(1)));
    assert_eq!(status, Status::BAD_PARAM_SIZE_INSUFFICIENT);
    assert!(message.ends_with("z has 24 elements, but its layout spans elements 1 to 25 of them"));
    assert_eq!(y, [UNTOUCHED; 24]);
}

#[test]
fn negative_strides_need_an_origin() {
    let backwards = Layout::<f32>::strided(&[2, 3, 4], &[-12, -4, -1]).unwrap();
    let (x, mut y) = ([1.0; 24], [UNTOUCHED; 24]);
    let norm = Norm::batch_norm().build().unwrap();
    let mut run = |origin| {
        let operation = ForwardTraining::new(
            backwards.of(&x).beginning_at(23),
            backwards.of_mut(&mut y).beginning_at(origin),
        );
        operation.run(&cpu(), &norm, &mut Workspace::new())
    };
    for origin in [0, 22, 24, usize::MAX] {
        let error = run(origin).unwrap_err();
        assert_eq!(error.status(), Status::BAD_PARAM_SIZE_INSUFFICIENT, "{origin}");
    }
    run(23).unwrap();
    assert!(!y.contains(&UNTOUCHED));
}

#[test]
fn vectors_have_exactly_their_length() {
    let (layout, mut y) = (packed(), [UNTOUCHED; 24]);
    let gamma = [1.0f32; 4];
    let (status, message) =
        refused(&Norm::batch_norm(), &layout, &mut y, |call| call.gamma(&gamma));
    assert_eq!(status, Status::BAD_PARAM_SIZE_INSUFFICIENT);
    assert_eq!(message, "jsnormForwardTraining: gamma has 4 entries, but needs 3");
    let (mut mean, mut variance) = ([0.0; 3], [0.0; 2]);
    let (_, message) =
        refused(&Norm::batch_norm(), &layout, &mut y, |call| call.saved(&mut mean, &mut variance));
    assert_eq!(message, "jsnormForwardTraining: saved_variance has 2 entries, but needs 3");
    let (mut mean, mut variance) = ([0.0f32; 3], [0.0f32; 3]);
    let steps = [1, 2];
    let (_, message) = refused(&Norm::batch_norm(), &layout, &mut y, |call| {
        call.running(&mut mean, &mut variance, Average::Step(Input::from(&steps)))
    });
    assert_eq!(message, "jsnormForwardTraining: step has 2 entries, but needs 1");
    let mut mask = [0; 2];
    let (_, message) = refused(&Norm::batch_norm(), &layout, &mut y, |call| call.mask(&mut mask));
    assert_eq!(message, "jsnormForwardTraining: mask has 2 entries, but needs 1");
    assert_eq!(y, [UNTOUCHED; 24]);
}

#[test]
fn types_of_parameters_must_fit() {
    let (layout, mut y) = (packed(), [UNTOUCHED; 24]);
    let (gamma, beta) = ([1.0f32; 3], [0.0f64; 3]);
    let (status, message) =
        refused(&Norm::batch_norm(), &layout, &mut y, |call| call.gamma(&gamma).beta(&beta));
    assert_eq!(status, Status::BAD_PARAM_DATA_TYPE_MISMATCH);
    assert_eq!(message, "jsnormForwardTraining: beta is JSNORM_DOUBLE, but gamma is JSNORM_FLOAT");
    let (status, message) = refused(&Norm::batch_norm(), &layout, &mut y, |call| call.beta(&beta));
    assert_eq!(status, Status::BAD_PARAM_DATA_TYPE_MISMATCH);
    assert!(message.contains("parameter_desc"), "the library refuses double for float: {message}");
    assert_eq!(y, [UNTOUCHED; 24]);
}

#[test]
fn what_the_library_refuses_comes_with_its_message() {
    let (layout, mut y) = (packed(), [UNTOUCHED; 24]);
    let (mut mean, mut variance) = ([0.0f32; 3], [0.0f32; 3]);
    let (status, message) = refused(&Norm::batch_norm(), &layout, &mut y, |call| {
        call.running(&mut mean, &mut variance, Average::Factor(1.5))
    });
    assert_eq!(status, Status::BAD_PARAM);
    assert_eq!(message, "jsnormForwardTraining: args.factor = 1.5 is not in [0, 1]");
    let (mut mean, mut variance) = ([0.0f32; 3], [0.0f32; 3]);
    let (status, message) = refused(&Norm::instance_norm(), &layout, &mut y, |call| {
        call.running(&mut mean, &mut variance, Average::Factor(0.1))
    });
    assert_ne!(status, Status::SUCCESS);
    assert!(message.contains("running"), "{message}");
    let (status, message) = refused(&Norm::group_norm(2), &layout, &mut y, |call| call);
    assert_eq!(status, Status::BAD_PARAM_SHAPE_MISMATCH);
    assert!(message.contains('3') && message.contains('2'), "{message}");
    assert_eq!(y, [UNTOUCHED; 24]);
}

#[test]
fn other_dims_and_outputs_that_overlap_themselves_are_refused() {
    let norm = Norm::batch_norm().build().unwrap();
    let x = [1.0f32; 24];
    let layouts = [
        (Layout::packed(&[3, 2, 4]).unwrap(), Status::BAD_PARAM_SHAPE_MISMATCH),
        (Layout::strided(&[2, 3, 4], &[12, 4, 0]).unwrap(), Status::BAD_PARAM_ALIASING),
    ];
    for (layout, status) in &layouts {
        let (of_x, mut y) = (packed(), [UNTOUCHED; 24]);
        let error = ForwardTraining::new(of_x.of(&x), layout.of_mut(&mut y))
            .run(&cpu(), &norm, &mut Workspace::new())
            .unwrap_err();
        assert_eq!(error.status(), *status, "{error}");
        assert_eq!(y, [UNTOUCHED; 24]);
    }
}

#[test]
fn a_residual_with_relu_needs_the_mask_in_backward() {
    let (layout, x, dy) = (packed(), [1.0; 24], [1.0; 24]);
    let (mut dz, saved) = ([UNTOUCHED; 24], [1.0; 3]);
    let norm = Norm::batch_norm().activation(Activation::RELU).build().unwrap();
    let error = Backward::new(layout.of(&x), layout.of(&dy), &saved, &saved)
        .dz(layout.of_mut(&mut dz))
        .run(&cpu(), &norm, &mut Workspace::new())
        .unwrap_err();
    assert_eq!(error.status(), Status::BAD_PARAM_NULL_POINTER);
    assert!(error.message().contains("mask"), "{error}");
    assert_eq!(dz, [UNTOUCHED; 24]);
}

#[test]
fn layouts_that_cannot_be_are_refused() {
    let refused = |dims: &[usize], strides: Option<&[isize]>| {
        let layout = match strides {
            Some(strides) => Layout::<f32>::strided(dims, strides),
            None => Layout::<f32>::packed(dims),
        };
        layout.unwrap_err().status()
    };
    assert_eq!(refused(&[], None), Status::BAD_PARAM_OUT_OF_BOUND);
    assert_eq!(refused(&[1; 9], None), Status::BAD_PARAM_OUT_OF_BOUND);
    assert_eq!(refused(&[2, 3], Some(&[3])), Status::BAD_PARAM_SHAPE_MISMATCH);
    assert_eq!(refused(&[usize::MAX, 3], None), Status::NOT_SUPPORTED_SHAPE);
    assert_eq!(refused(&[1 << 40, 1 << 40], None), Status::NOT_SUPPORTED_SHAPE);
}

#[test]
fn settings_out_of_range_or_of_another_kind_are_refused() {
    let refused = |builder: &NormBuilder| builder.build().unwrap_err().status();
    assert_eq!(refused(&Norm::of_kind(NormKind(77))), Status::BAD_PARAM);
    assert_eq!(refused(&Norm::batch_norm().group_count(2)), Status::BAD_PARAM);
    assert_eq!(refused(&Norm::batch_norm().lambda(f64::NAN)), Status::BAD_PARAM);
    assert_eq!(refused(&Norm::batch_norm().activation(Activation(-3))), Status::BAD_PARAM);
    let unknown = Norm::batch_norm().estimators(Estimator(77), Estimator::NONE);
    let error = unknown.build().unwrap_err();
    assert_eq!(error.status(), Status::BAD_PARAM);
    assert!(error.to_string().contains("77"), "{error}");
}

#[test]
fn handles_refuse_what_is_not_theirs() {
    let handle = cpu();
    assert_eq!(handle.set_thread_count(-1).unwrap_err().status(), Status::BAD_PARAM_OUT_OF_BOUND);
    let error = handle.set_sm_count_target(8).unwrap_err();
    assert_eq!(error.status(), Status::NOT_SUPPORTED_BACKEND);
    let no_stream = std::ptr::dangling_mut();
    // SAFETY: a CPU handle refuses every stream.
    let error = unsafe { handle.set_stream(no_stream) }.unwrap_err();
    assert_eq!(error.status(), Status::NOT_SUPPORTED_BACKEND);
}
