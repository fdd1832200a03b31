// SPDX-License-Identifier: Apache-2.0
//! Every golden file (tests/golden, installed as share/jsnorm/conformance/golden) through the safe
//! interface, in double: all outputs agree with 50-digit arithmetic. JSNORM_GOLDEN_DIR names
//! another folder.

mod golden_file;

use golden_file::{Golden, every_file};
use jsnorm::*;

/// The numbers of a file are exact. The library promises 1e-12 times the condition of a sum; a wrong
/// argument is far off.
const TOLERANCE: f64 = 1e-10;

struct Layer {
    handle: Handle,
    norm: Norm,
    layout: Layout<f64>,
    shape: StatisticsShape,
    workspace: Workspace,
}

/// What was computed, by the names of the file.
type Solution = Vec<(&'static str, Vec<f64>)>;

fn layer(golden: &Golden) -> Result<Layer> {
    let builder = match golden.word("kind", "") {
        "batch" => Norm::batch_norm(),
        "batch_per_activation" => Norm::batch_norm_per_activation(),
        "layer_spatial" => Norm::instance_norm(),
        "layer_token" => Norm::layer_norm(),
        "group" => Norm::group_norm(golden.number("groups", 1.0) as i64),
        other => panic!("kind {other}"),
    };
    let estimator = |key| match golden.word(key, "JAMES_STEIN") {
        "NONE" => Estimator::NONE,
        "JAMES_STEIN" => Estimator::JAMES_STEIN,
        "GRAND_MEAN" => Estimator::GRAND_MEAN,
        "STEIN_CORRECTED" => Estimator::STEIN_CORRECTED,
        "RIDGE" => Estimator::RIDGE,
        "LASSO" => Estimator::LASSO,
        "SAMPLING" => Estimator::SAMPLING,
        other => panic!("{key} {other}"),
    };
    let activation = if golden.is_relu() { Activation::RELU } else { Activation::NONE };
    let norm = builder
        .estimators(estimator("mean_estimator"), estimator("variance_estimator"))
        .lambda(golden.number("lambda", 0.0))
        .epsilon(golden.number("epsilon", 1e-5))
        .effective_fraction(golden.number("effective_fraction", 1.0))
        .activation(activation)
        .build()?;
    let layout = Layout::packed(&golden.sizes("shape"))?;
    let shape = norm.statistics_shape(&layout)?;
    Ok(Layer {
        handle: Handle::new(Backend::CPU)?,
        norm,
        layout,
        shape,
        workspace: Workspace::new(),
    })
}

fn solve(golden: &Golden) -> Result<Solution> {
    let Layer { handle, norm, layout, shape, mut workspace } = layer(golden)?;
    let x = golden.numbers("x").expect("every file has x");
    let (z, dy) = (golden.numbers("z"), golden.numbers("dy"));
    let (gamma, beta) = (golden.numbers("gamma"), golden.numbers("beta"));
    let zeros = |count| vec![0.0; count];
    let statistics = shape.statistics();
    let (mut mean, mut variance) = (zeros(statistics), zeros(statistics));
    let (mut shrunk_mean, mut shrunk_variance) = (zeros(statistics), zeros(statistics));
    let mut y = zeros(x.len());
    let mut mask = vec![0; if golden.is_relu() { layout.mask_words()? } else { 0 }];
    let running = golden.numbers("running_mean").zip(golden.numbers("running_variance"));
    let (mut next_mean, mut next_variance) =
        (zeros(shape.statistics_per_group), zeros(shape.statistics_per_group));

    let mut forward = ForwardTraining::new(layout.of(&x), layout.of_mut(&mut y))
        .saved(&mut mean, &mut variance)
        .shrunk(&mut shrunk_mean, &mut shrunk_variance);
    if let Some(z) = &z {
        forward = forward.z(layout.of(z));
    }
    if let Some(gamma) = &gamma {
        forward = forward.gamma(gamma);
    }
    if let Some(beta) = &beta {
        forward = forward.beta(beta);
    }
    if let Some((mean, variance)) = &running {
        let average = Average::Factor(golden.number("factor", 0.1));
        let next = [&mut next_mean, &mut next_variance];
        forward = forward.running_into([mean, variance], next, average);
    }
    if golden.is_relu() {
        forward = forward.mask(&mut mask);
    }
    forward.run(&handle, &norm, &mut workspace)?;

    let mut solution = vec![("y", y)];
    let with_running = golden.word("kind", "").starts_with("batch");
    if running.is_some() || !with_running {
        let mut y = zeros(x.len());
        let mut inference = ForwardInference::new(layout.of(&x), layout.of_mut(&mut y));
        if let Some(z) = &z {
            inference = inference.z(layout.of(z));
        }
        if let Some(gamma) = &gamma {
            inference = inference.gamma(gamma);
        }
        if let Some(beta) = &beta {
            inference = inference.beta(beta);
        }
        if with_running {
            inference = inference.running(&next_mean, &next_variance);
        }
        inference.run(&handle, &norm, &mut workspace)?;
        solution.push(("y_inference", y));
    }
    if let Some(dy) = &dy {
        let (mut dx, mut dz) = (zeros(x.len()), zeros(x.len()));
        let (mut dgamma, mut dbeta) = (zeros(shape.parameter_count), zeros(shape.parameter_count));
        let mut backward = Backward::new(layout.of(&x), layout.of(dy), &mean, &variance)
            .dx(layout.of_mut(&mut dx))
            .dz(layout.of_mut(&mut dz))
            .dgamma(&mut dgamma)
            .dbeta(&mut dbeta);
        if let Some(gamma) = &gamma {
            backward = backward.gamma(gamma);
        }
        if let Some(beta) = &beta {
            backward = backward.beta(beta);
        }
        if golden.is_relu() {
            backward = backward.mask(&mask);
        }
        backward.run(&handle, &norm, &mut workspace)?;
        solution.extend([("dx", dx), ("dz", dz), ("dgamma", dgamma), ("dbeta", dbeta)]);
    }
    solution.extend([
        ("mean", mean),
        ("variance", variance),
        ("shrunk_mean", shrunk_mean),
        ("shrunk_variance", shrunk_variance),
        ("running_mean_out", next_mean),
        ("running_variance_out", next_variance),
    ]);
    Ok(solution)
}

#[test]
fn every_output_of_every_file_agrees() {
    let files = every_file();
    let mut compared = 0;
    for golden in &files {
        for (name, got) in solve(golden).unwrap() {
            let Some(expected) = golden.numbers(name) else { continue };
            assert_eq!(expected.len(), got.len(), "{}: {name}", golden.name);
            let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
            let scale = if largest > 0.0 { largest } else { 1.0 };
            for (right, value) in expected.iter().zip(&got) {
                let error = (right - value).abs() / scale;
                assert!(error <= TOLERANCE, "{}: {name} is off by {error:e}", golden.name);
            }
            compared += 1;
        }
    }
    assert!(files.len() >= 30 && compared >= 300, "{} files, {compared} outputs", files.len());
}
